"""The line_integral and score families and their studies in the report, against synthetic truth."""

from __future__ import annotations

import copy
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

import bench_core
from reports.__main__ import main
from reports.analysis import Analysis
from reports.claims import CLAIMS, sum_up
from reports.claims.score import list_ratios
from reports.load import load
from reports.studies import find_fault, reach

CELLS = [{"d": d, "H": H, "L": L, "B": 128} for d in (2, 16, 64, 512) for H, L in ((64, 2), (256, 1), (256, 4))]
SQUARES = (16, 64, 256)
SCORED = ("psi", "psi_closed_form", "phi", "phi_closed_form")
BY_HAND = 0.4

# Relative errors of the quadratures; all others are exact.
ERRORS = {"gauss_legendre_4": 1e-3, "gauss_legendre_8": 1e-7, "gauss_legendre_16": 1e-12}


def _row(synthetic, template: dict, name: str, family: str, sizes: dict, seconds: float) -> dict:
    """A row with the real declaration and cost, and made-up times."""
    m, problem = bench_core.method(family, name, "torch"), bench_core.problem(family, **sizes)
    cost = m.cost(problem)
    return template | {
        "method": name,
        "error": ERRORS.get(name, 1e-12),
        "exact": m.exact,
        "role": m.role,
        "computes": m.computes,
        "source": m.source,
        "settings": m.settings,
        "cost": {"flops": cost.flops, "bytes": cost.bytes, "vjps": cost.vjps, "jvps": cost.jvps, "peak_bytes": 1e6},
        "samples_s": [s * seconds for s in np.exp(np.random.default_rng(3).normal(0, 0.004, len(template["rounds"])))],
    }


def _session(synthetic, family: str, sizes: dict, seconds: dict[str, float]) -> dict:
    record = synthetic.make_session(64, "torch", "cpu", rows=("relative",), rounds=12)
    template = record["rows"]["relative"]
    record["cell"] |= {"family": family, "sizes": sizes}
    record["rows"] = {name: _row(synthetic, template, name, family, sizes, s) for name, s in seconds.items()}
    return record


def _score_seconds(sizes: dict, over: float = 1.0) -> dict[str, float]:
    """Times as the formulas say, phi `over` times slower than they do."""
    problem = bench_core.problem("score", **sizes)
    flops = {m.name: m.cost(problem).flops for m in bench_core.methods("score", "torch")}
    rate = {"phi": over}
    # Written out, both take BY_HAND of the time of automatic differentiation.
    times = {name: 1e-5 + rate.get(name, 1.0) * flops[name] / 3e10 for name in ("psi", "phi")}
    return times | {f"{name}_closed_form": BY_HAND * times[name] for name in ("psi", "phi")}


def write(synthetic, folder: Path, over: float = 1.0, kronecker: float = 0.05, rows: tuple[str, ...] = SCORED) -> Path:
    environment = "virtualenv-py3.11-torch2.13.0-BENCH_DEVICEcpu-BENCH_PROFILEstandard-learned"
    synthetic.write_index(folder)
    classes = {
        "score.Torch": [
            _session(
                synthetic, "score", sizes, {row: s for row, s in _score_seconds(sizes, over).items() if row in rows}
            )
            for sizes in CELLS
        ],
        "line_integral.TorchKronecker": [
            _session(
                synthetic,
                "line_integral",
                {"d": d, "B": 64, "H": 64, "J": "kronecker_psd"},
                {
                    **{f"gauss_legendre_{Q}": 1e-4 * Q * d for Q in (4, 8, 16)},
                    "inverse_lu_rk4": 1e-3 * (d / 16) ** 3,
                    "inverse_cholesky_rk4": 0.7e-3 * (d / 16) ** 3,
                    "inverse_kronecker_rk4": 1e-3 * kronecker * (d / 16) ** 3,
                },
            )
            for d in SQUARES
        ],
    }
    for sessions in classes.values():
        for session in sessions:
            synthetic.write_session(folder, session, environment)
    synthetic._write_asv(folder, synthetic.make_asv(classes, environment, "cpu"), environment)
    return folder


def score_study(data: str = "mixture", control: float = 1e-16, deep: float = 0.05) -> dict:
    """A record of the score study with a known truth: psi_L reaches the target loss after 10 L epochs."""
    rows = []
    methods = {f"psi_{L}": L for L in (1, 2, 3, 4)} | {"psi_diagonal": 2, "phi_2": 2}
    for seed in (0, 1, 2):
        for epoch in range(1, 51):
            for method, L in methods.items():
                rows.append(
                    {
                        **{"method": method, "seed": seed, "epoch": epoch, "process": 0, "position": 0},
                        **{
                            "seconds": 0.01 * L * (1 + 0.01 * seed),
                            "wall_s": 0.02,
                            "evaluations": 0,
                            "vjps": 0,
                            "jvps": 0,
                        },
                        "loss": 1 + math.exp(-epoch / (10 * L)),
                        "test_loss": 1 + math.exp(-epoch / (10 * L)),
                        "asymmetry": control if method in ("psi_diagonal", "phi_2") else deep * L / (1 + epoch),
                        "score_error": 0.3 if data == "mixture" else None,
                        "field": {"points": [[0, 0], [1, 0], [0, 1]], "g": [[1, 0]] * 3, "score": [[1, 1]] * 3}
                        if epoch == 50 and data == "mixture"
                        else None,
                    }
                )
    settings = {"architecture": "", "batch": 100, "learning_rate": 1e-3, "optimiser": "Adam", "test": 10, "train": 20}
    settings |= {"H": 64, "d": 2, "sigma": 0.5}
    return _record("score-training", data, settings, methods, rows)


def integral_study(data: str = "exp", slope: float = 0.1, annealed: float = 0.5) -> dict:
    """A record of the line_integral study with a known truth."""
    rows = []
    methods = {"gauss_legendre": 0.2, "dopri5_fixed": 1.0, "dopri5_annealed": annealed, "unconstrained": 0.15}
    x = np.linspace(-2, 2, 9)
    for seed in range(10):
        drift = math.exp(0.05 * math.sin(seed))
        for epoch in range(1, 51):
            for method, cost in methods.items():
                free = method == "unconstrained"
                ends = {"slope_min": -0.2 if free else slope, "slope_max": 0.9}
                if data != "plane":
                    inverse = None if free or data == "abs" else np.log(np.exp(x)).tolist()
                    known = inverse is not None
                    ends |= {"x": x.tolist(), "y": np.exp(x).tolist(), "inverse": inverse}
                    ends |= {"round_trip": 1e-9 if known else None, "inverse_error": 0.02 if known else None}
                rows.append(
                    {
                        **{"method": method, "seed": seed, "epoch": epoch, "process": 0, "position": 0},
                        **{"seconds": 0.01 * cost * drift, "wall_s": 0.02, "vjps": 0, "jvps": 0},
                        "evaluations": 16 if cost < 0.3 else round(100 * cost),
                        **{"loss": math.exp(-epoch / 20), "test_loss": math.exp(-epoch / 30)},
                        "tol": 1e-5 if method == "dopri5_fixed" else 0.5 if "dopri5" in method else None,
                        **{"slope_min": ends["slope_min"], "slope_max": ends["slope_max"]},
                        "path_gap": 0.1 if data == "plane" else None,
                        "initial": ends if epoch == 1 else None,
                        "final": ends if epoch == 50 else None,
                    }
                )
    settings = {"architecture": "", "batch": 5, "learning_rate": 0.01, "optimiser": "Adam", "test": 100, "train": 5}
    settings |= {"H": 64, "J": "psd", "d": 1, "tol_fixed": 1e-5, "tol_start": 1.0}
    return _record("line-integral-training", data, settings, methods, rows)


def _record(study: str, data: str, settings: dict, methods, rows: list) -> dict:
    return {
        **{"schema": 1, "study": study, "data": data, "profile": "standard", "machine": "m", "commit": None},
        **{"dirty": False, "command": "python -m benchmarks study", "elapsed_s": 60.0, "processes": []},
        **{"started_at": "2026-11-21T08:00:00Z", "finished_at": "2026-11-21T08:01:00Z", "settings": settings},
        "methods": {name: {"exact": True, "source": "", "settings": {}} for name in methods},
        "rows": rows,
    }


def plant(synthetic, folder: Path, *records: dict) -> None:
    for record in records:
        path = folder / synthetic.MACHINE / "studies" / "none" / f"{record['study']}-{record['data']}.study"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record))


def judge(folder: Path, id_: str):
    found = next(claim for claim in CLAIMS if claim.id == id_).find(Analysis(load(folder)))
    return sum_up(found), {finding.what: finding for finding in found}


@pytest.fixture(scope="module")
def folder(synthetic, tmp_path_factory):
    folder = write(synthetic, tmp_path_factory.mktemp("learned"))
    records = [score_study("mixture"), score_study("digits"), integral_study("exp"), integral_study("abs")]
    plant(synthetic, folder, *records, integral_study("plane"))
    return folder


@pytest.fixture(scope="module")
def learned_report(folder, tmp_path_factory) -> Path:
    """Its report. Do not write into it."""
    output = tmp_path_factory.mktemp("learned-report")
    assert main(["--results", str(folder), "--output", str(output)]) == 0
    return output


def test_phi_over_psi_is_reproduced_and_a_faster_phi_is_not(synthetic, folder, tmp_path):
    word, found = judge(folder, "GN2")
    assert word == "reproduced"
    # At L = 1 the formulas are equal: there phi is as fast.
    (finding,) = [f for f in found.values() if f.counts]
    assert "psi is faster in" in finding.measured
    assert judge(write(synthetic, tmp_path, over=0.5), "GN2")[0] == "contradicted"


def test_what_is_written_out_is_held_to_what_is_written_out(folder):
    """By hand psi and phi take 0.4 of the time here: over the other's autodiff each would seem to cost nothing."""
    analysis = Analysis(load(folder))
    found = judge(folder, "GN2")[1]
    finding = found["a step of phi_closed_form costs more than one of psi_closed_form"]
    assert not finding.counts
    assert finding.verdict == "reproduced"
    assert "psi_closed_form is faster in" in finding.measured
    for place in {series.place for series in analysis.series("score")}:
        for row in ("phi", "phi_closed_form"):
            known = list(list_ratios(analysis, place, row))
            assert len(known) == len(CELLS)
            for _, _, ratio, predicted in known:
                assert 0.9 < ratio.value <= 1.05 * predicted


def test_results_without_a_psi_by_hand_tell_no_ratio_of_it(synthetic, tmp_path):
    folder = write(synthetic, tmp_path / "results", rows=("psi", "phi", "phi_closed_form"))
    word, found = judge(folder, "GN2")
    assert word == "reproduced"
    assert not any("closed_form" in what for what in found)


def test_kronecker_inverses(synthetic, folder, tmp_path):
    word, found = judge(folder, "JN4")
    assert word == "reproduced"
    assert "20" in found["inverse by lu over that by Kronecker factors"].measured
    assert judge(write(synthetic, tmp_path, kronecker=3.0), "JN4")[0] == "contradicted"


def test_curl_by_depth(synthetic, folder, tmp_path):
    """The control is a psi of two hidden layers that is a gradient: as printed, the theorem does not hold."""
    word, found = judge(folder, "GN1")
    assert word == "contradicted"
    assert found["trained psi with two hidden layers or more is no gradient"].verdict == "reproduced"
    folder = write(synthetic, tmp_path)
    plant(synthetic, folder, score_study(control=0.1))
    assert judge(folder, "GN1")[0] == "reproduced"
    plant(synthetic, folder, score_study(deep=1e-15))
    assert judge(folder, "GN1")[0] == "contradicted"


@pytest.mark.parametrize(("id_", "data"), [("JN1", "exp"), ("JN2", "abs"), ("JN3", "exp")])
def test_claims_of_the_experiments(synthetic, folder, tmp_path, id_, data):
    assert judge(folder, id_)[0] == "reproduced"
    other = write(synthetic, tmp_path)
    assert judge(other, id_)[0] == "not run"
    plant(synthetic, other, integral_study(data, slope={"JN1": -0.01, "JN2": -1.2}.get(id_, 0.1), annealed=2.0))
    assert judge(other, id_)[0] == "contradicted"


def test_what_an_experiment_could_not_tell_is_undetermined(synthetic, tmp_path):
    """A network whose inverse was not found has no round trip: that contradicts nothing and reproduces nothing."""
    folder, record = write(synthetic, tmp_path), integral_study("exp")
    for row in record["rows"]:
        if row["final"]:
            row["final"] |= {"round_trip": None, "inverse_error": None}
    plant(synthetic, folder, record)
    word, found = judge(folder, "JN1")
    assert word == "undetermined"
    assert found["strictly increasing on [-2, 2], before and after training"].verdict == "reproduced"
    assert found["the inverse composes to the identity"].verdict == "undetermined"


def test_the_plane_is_told_beside_the_claim(synthetic, tmp_path):
    folder = write(synthetic, tmp_path)
    plant(synthetic, folder, integral_study("abs"), integral_study("plane", slope=1.3))
    word, found = judge(folder, "JN2")
    assert word == "reproduced"
    plane = found["in the plane: norm at most 1"]
    assert plane.verdict == "contradicted"
    assert plane.short == "norm of J at most 1.3"


def test_commands_of_the_claims_name_every_data_set_they_read():
    for name, wanted in {
        "JN1": {"exp"},
        "JN2": {"abs", "plane"},
        "JN3": {"exp", "abs"},
        "GN1": {"mixture", "digits"},
    }.items():
        command = next(claim for claim in CLAIMS if claim.id == name).command
        assert set(re.findall(r"--data (\w+)", command)) == wanted


def test_equal_loss(folder):
    study = next(s for s in load(folder).studies if s.name == "score-training")
    target, epochs = reach(study, "test_loss")
    assert target == pytest.approx(1 + math.exp(-50 / 40))
    assert epochs["psi_4"] == 50
    assert epochs["psi_1"] == 13  # 50 / 4, and the next whole epoch


def test_where_no_method_is_exact_the_fastest_within_an_error_is_the_answer(folder, learned_report, capsys):
    arguments = ["answer", "--results", str(folder), "--family", "line_integral", "--d", "64"]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "use gauss_legendre_8 (integral gradient)" in out
    assert "left out: gauss_legendre_4: error 1.0e-03 above 1e-06" in out
    assert main([*arguments, "--accuracy", "0.01"]) == 0
    assert "use gauss_legendre_4" in capsys.readouterr().out
    assert main([*arguments, "--accuracy", "1e-9"]) == 0
    assert "use gauss_legendre_16" in capsys.readouterr().out
    twin = (learned_report / "index.md").read_text()
    assert "Fastest gradient with an error of at most 1e-06, by d and place" in twin
    assert "fastest gradient with an error of at most 1e-06 `gauss_legendre_8` at d = 16 to 256" in twin


def test_models_are_questions_of_their_own(synthetic, folder, learned_report, tmp_path, capsys):
    """Who trains phi has no use for psi, however fast it is."""
    analysis = Analysis(load(folder))
    assert analysis.questions("score") == ("psi", "phi")
    assert analysis.questions("line_integral") == ("gradient",)
    for series in analysis.series("score"):
        for size in analysis.sizes(series):
            rows = analysis.candidates(series, size, "phi")
            assert rows
            assert {analysis.facts(series, row).computes for row in rows} == {"phi"}
    text = (learned_report / "index.md").read_text(encoding="utf-8")
    assert "fastest gradient of φ" in text
    assert "fastest gradient of ψ" in text.split("## 1 Answer")[0]
    assert (learned_report / "csv" / "answer-score-phi.csv").is_file()
    # With one method of psi there is nothing to choose.
    alone = write(synthetic, tmp_path / "alone", rows=("psi", "phi", "phi_closed_form"))
    assert main(["--results", str(alone), "--output", str(tmp_path / "page")]) == 0
    text = (tmp_path / "page" / "index.md").read_text(encoding="utf-8")
    assert "fastest gradient of ψ" not in text.split("## 1 Answer")[0]
    capsys.readouterr()
    assert main(["answer", "--results", str(folder), "--family", "score", "--d", "64"]) == 0
    said = capsys.readouterr().out
    assert "use psi_closed_form (psi" in said
    assert "use phi" in said


def test_the_form_answers_within_an_error_too(learned_report, browser):
    page = browser.new_page(offline=True)
    page.goto((learned_report / "index.html").as_uri())
    result = page.locator("#answer-result")
    page.select_option("[name=family]", "line_integral")
    # The size that stood there was another family's.
    assert page.input_value("[name=size]") == "64"
    assert "use gauss_legendre_8" in result.inner_text()
    page.fill("[name=error]", "0.01")
    assert "use gauss_legendre_4" in result.inner_text()
    page.fill("[name=error]", "")
    page.select_option("[name=family]", "score")
    assert "use psi" in result.inner_text()
    # psi and phi are different models: neither is the answer to who asks for the other.
    assert "phi" not in result.inner_text()
    page.select_option("[name=computes]", "phi")
    assert "use phi" in result.inner_text()
    assert page.locator("[name=computes] option[value=gradient]").count() == 0
    page.close()


def test_study_records_are_checked():
    record = copy.deepcopy(score_study())
    del record["settings"]["sigma"]
    assert find_fault(record) == "the settings lack sigma"
    record = copy.deepcopy(integral_study())
    record["rows"][0]["seconds"] = 0
    assert "seconds" in (find_fault(record) or "")
