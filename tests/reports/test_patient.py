"""Patient sessions: a few calls of what takes minutes fill what the rounds had no time for, and nothing else."""

import math
import shutil

import pytest

from reports.analysis import Analysis
from reports.digest import digest_family
from reports.forecasts import Forecasts
from reports.load import load
from reports.terminal import list_open

SIZES = (512, 1024, 2048, 3072, 4096, 8192)
BEYOND = 16384
SLOWER = 3.0
ENVIRONMENT = "plain-py3.11-BENCH_DEVICEcpu-BENCH_PROFILEpatient"


def make_patient(synthetic, size, rows, slower=SLOWER, calls=2):
    """A patient session on a machine that is three times slower, in which every row ran."""
    session = synthetic.make_session(size, rounds=calls, slower=slower, rows=rows)
    for name, row in session["rows"].items():
        seconds = slower * synthetic.true_seconds(name, size, "torch", "cpu")
        ran = {"outcome": "ok", "reason": "", "error": 1e-6, "number": 1, "rounds": list(range(calls))}
        session["rows"][name] = row | ran | {"samples_s": [seconds * (1 + 0.01 * call) for call in range(calls)]}
    return session | {"profile": "patient", "processes": 1}


@pytest.fixture(scope="module")
def plain(synthetic, tmp_path_factory):
    """Rounds of two processes without torch's inverse at 8192, slogdet_autodiff at 4096, jacobian_autodiff at 512."""
    return synthetic.write_results(tmp_path_factory.mktemp("plain"), sizes=SIZES, processes=2, cuda=False, rounds=8)


@pytest.fixture
def folder(plain, tmp_path):
    """A copy of it to write into."""
    return shutil.copytree(plain, tmp_path / "results")


@pytest.fixture(scope="module")
def both(synthetic, plain, tmp_path_factory):
    """The analyses without and with the patient sessions."""
    folder = shutil.copytree(plain, tmp_path_factory.mktemp("patient"), dirs_exist_ok=True)
    for size, row in ((8192, "inverse"), (4096, "slogdet_autodiff"), (512, "jacobian_autodiff"), (BEYOND, "inverse")):
        synthetic.write_session(folder, make_patient(synthetic, size, (row, "relative")), ENVIRONMENT)
    return Analysis(load(plain)), Analysis(load(folder))


def torch_series(analysis):
    (series,) = (s for s in analysis.series() if s.place.backend == "torch")
    return series


def test_they_are_marked_and_supersede_nothing(both):
    before, after = both
    assert after.run.superseded == before.run.superseded == 0
    frame = after.run.frame
    assert set(frame[frame["patient"]]["profile"]) == {"patient"}
    assert set(frame[~frame["patient"]]["profile"]) == {"standard"}
    assert (~frame["patient"]).sum() == len(before.run.frame)
    assert after.run.profile == "patient, standard"


def test_they_fill_what_took_too_long(both, synthetic):
    after = both[1]
    series = torch_series(after)
    for size, row in ((8192, "inverse"), (4096, "slogdet_autodiff")):
        point = after.point(series, size, row)
        assert point.ok
        assert point.patient
        truth = synthetic.true_seconds(row, size, "torch", "cpu")
        assert point.seconds.value == pytest.approx(SLOWER * truth, rel=0.02)
        assert point.seconds.undetermined
        assert math.isnan(point.deviation)
    assert after.frontier(series, "inverse").largest_ok == BEYOND


def test_what_was_timed_or_failed_for_another_reason_stays(both):
    before, after = both
    series = torch_series(after)
    failed = after.point(series, 512, "jacobian_autodiff")
    assert (failed.outcome, failed.patient) == ("oom", False)
    for size in (512, 4096, 8192):
        was, is_now = (a.point(series, size, "relative") for a in both)
        assert not is_now.patient
        assert is_now.seconds == was.seconds
        assert set(is_now.samples) == {0, 1}
    assert before.noise(series.place) == after.noise(series.place)
    assert before.coverage("logdet") == after.coverage("logdet")
    assert before.ratio_spread(series) == after.ratio_spread(series)


def test_they_are_paired_within_their_session_only(both, synthetic):
    before, after = both
    series = torch_series(after)
    ratio = after.ratio(series, 8192, "inverse", "relative")
    truth = [synthetic.true_seconds(row, 8192, "torch", "cpu") for row in ("inverse", "relative")]
    assert ratio.value == pytest.approx(truth[0] / truth[1], rel=1e-6)  # and not three times that
    assert ratio.undetermined
    assert after.ratio(series, 8192, "relative", "inverse").value == pytest.approx(1 / ratio.value)
    # The floor was not in that session.
    assert after.ratio(series, 8192, "inverse", "gemm_floor") is None
    assert after.ratio(series, 8192, "gemm_floor", "relative") == before.ratio(series, 8192, "gemm_floor", "relative")


def test_a_call_apart_from_the_rounds_stands_beside_its_sessions_rows(synthetic, folder):
    """It is its row's only sample and has no round; of a row that failed there is nothing to stand beside."""
    session = make_patient(synthetic, 8192, ("inverse", "relative", "gemm_floor"))
    rows = session["rows"]
    truth = rows["inverse"]["samples_s"][0] / rows["relative"]["samples_s"][0]
    rows["inverse"] |= {"apart": True, "rounds": [], "positions": [], "samples_s": rows["inverse"]["samples_s"][:1]}
    rows["gemm_floor"] |= {"outcome": "error", "reason": "no memory", "rounds": [], "samples_s": []}
    synthetic.write_session(folder, session, ENVIRONMENT)
    analysis = Analysis(load(folder))
    series = torch_series(analysis)
    assert analysis.point(series, 8192, "inverse").patient
    ratio = analysis.ratio(series, 8192, "inverse", "relative")
    assert ratio.value == pytest.approx(truth / 1.005)
    assert ratio.undetermined
    assert analysis.ratio(series, 8192, "inverse", "gemm_floor") is None
    assert not analysis.ratio(series, 8192, "relative", "gemm_floor").undetermined


def test_what_takes_minutes_is_neither_candidate_nor_on_a_fit(both):
    before, after = both
    series = torch_series(after)
    assert "inverse" not in after.candidates(series, 8192)
    assert "inverse" in after.candidates(series, 2048)
    for size in SIZES:
        was, is_now = (
            {
                row: analysis.verdict(series, size, "relative", row)
                for row in analysis.candidates(series, size)
                if (point := analysis.point(series, size, row)) and point.ok
            }
            for analysis in both
        )
        assert is_now == was
    for row in ("inverse", "slogdet_autodiff", "relative"):
        fits = [analysis.exponent(series, row) for analysis in both]
        assert fits[0].estimate == fits[1].estimate
        assert before.slopes(series, row) == after.slopes(series, row)
    crossings = [analysis.crossover(series, "inverse", "relative") for analysis in both]
    assert crossings[0] == crossings[1]
    for where in ("between", "above", "below"):
        misses = [Forecasts(analysis, "logdet").misses[where] for analysis in both]
        for was, is_now in zip(*misses, strict=True):
            assert (is_now.curve, is_now.gap) == (was.curve, was.gap)
            assert is_now.errors == pytest.approx(was.errors, abs=1e-9)


def test_a_prediction_that_leans_on_them_has_no_interval(both):
    before, after = (Forecasts(analysis, "logdet").knots(torch_series(analysis), "inverse") for analysis in both)
    assert [knot.size for knot in after if knot.how == "measured" and math.isnan(knot.low)] == [8192, BEYOND]
    # What leans on them is told without an interval, and the rest is as it was.
    assert all(math.isnan(knot.low) == (knot.size > 4096) for knot in after)
    assert any(4096 < knot.size < 8192 for knot in after)
    was, is_now = ([knot for knot in knots if knot.size <= 4096] for knots in (before, after))
    for name in ("size", "seconds", "low", "high"):
        assert [getattr(knot, name) for knot in is_now] == pytest.approx([getattr(knot, name) for knot in was])


def test_a_cell_that_only_they_know_has_points_of_its_own(both):
    after = both[1]
    series = torch_series(after)
    assert after.sizes(series)[-1] == BEYOND
    points = [after.point(series, BEYOND, row) for row in ("inverse", "relative")]
    assert all(point.patient and point.ok and point.seconds.undetermined for point in points)
    assert after.ratio(series, BEYOND, "inverse", "relative").undetermined
    assert after.verdict(series, BEYOND, "inverse", "relative") == "undetermined"


def test_a_ceiling_is_that_of_the_rows_own_session(synthetic, folder):
    session = make_patient(synthetic, 8192, ("inverse", "relative"))
    for name in ("gemm_flops_per_s", "copy_bytes_per_s"):
        session["ceiling"][name] *= 1.1
    synthetic.write_session(folder, session, ENVIRONMENT)
    analysis = Analysis(load(folder))
    series = torch_series(analysis)
    own, others = analysis.ceiling(series, 8192, patient=True), analysis.ceiling(series, 8192)
    assert own.flops_per_s == pytest.approx(1.1 * others.flops_per_s)
    point = analysis.point(series, 8192, "inverse")
    assert analysis.attainable(series, point) == pytest.approx(point.flops / own.flops_per_s)


def test_a_later_commit_of_the_same_environment_hides_no_rounds(synthetic, tmp_path):
    synthetic.write_session(tmp_path, synthetic.make_session(8192, rounds=8), "direct")
    patient = make_patient(synthetic, 8192, ("inverse", "relative"))
    later = patient | {"commit": "f" * 40, "started_at": "2030-01-01T00:00:00Z"}
    synthetic.write_session(tmp_path, later, "direct")
    analysis = Analysis(load(tmp_path))
    series = torch_series(analysis)
    assert not analysis.point(series, 8192, "relative").patient
    assert analysis.point(series, 8192, "inverse").patient
    assert len(analysis.sessions(series.place)) == 2


@pytest.mark.parametrize("ruler", [0, 2])
def test_another_ruler_is_left_out(synthetic, folder, ruler):
    before = load(folder)
    session = make_patient(synthetic, 8192, ("inverse", "relative")) | {"ruler": ruler}
    synthetic.write_session(folder, session, ENVIRONMENT)
    run = load(folder)
    assert run.superseded == 1
    assert not run.frame["patient"].any()
    assert len(run.frame) == len(before.frame)


def test_what_they_had_no_time_for_either_stays_as_it_was(synthetic, folder):
    session = make_patient(synthetic, 8192, ("inverse", "relative"))
    nothing = {"outcome": "skipped", "reason": "not in this profile", "samples_s": [], "rounds": []}
    session["rows"]["inverse"] |= nothing
    synthetic.write_session(folder, session, ENVIRONMENT)
    analysis = Analysis(load(folder))
    point = analysis.point(torch_series(analysis), 8192, "inverse")
    assert (point.outcome, point.patient) == ("over_budget", False)
    session["rows"]["inverse"] |= {"outcome": "oom", "reason": "killed: memory above 24 GB"}
    synthetic.write_session(folder, session, ENVIRONMENT)
    analysis = Analysis(load(folder))
    point = analysis.point(torch_series(analysis), 8192, "inverse")
    assert (point.outcome, point.limit, point.patient) == ("oom", "memory", True)


def test_what_it_alone_timed_is_not_to_be_settled(synthetic, folder):
    """One more session of the cell's would have no time for these rows either."""
    ordinary = ("inverse", "slogdet_autodiff")
    synthetic.write_session(folder, make_patient(synthetic, 8192, ordinary), ENVIRONMENT)
    family = digest_family(Analysis(load(folder)), "logdet")
    (answer,) = (
        answer
        for answer in family.answers
        if answer.size == 8192 and {c.row for c in answer.candidates} == set(ordinary)
    )
    assert answer.open
    assert not [cell for cell in list_open([family]) if set(cell["rows"]) & set(ordinary)]
