"""Sessions of the score and line_integral families with a known truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import bench_core

CELLS = [{"d": d, "H": H, "L": L, "B": 128} for d in (2, 16, 64, 512) for H, L in ((64, 2), (256, 1), (256, 4))]
SQUARES = (16, 64, 256)
SCORED = ("psi", "psi_closed_form", "phi", "phi_closed_form")
BY_HAND = 0.4
# Relative errors of the quadratures; all others are exact.
ERRORS = {"gauss_legendre_4": 1e-3, "gauss_legendre_8": 1e-7, "gauss_legendre_16": 1e-12}


def write_learned(
    synthetic, folder: Path, over: float = 1.0, kronecker: float = 0.05, rows: tuple[str, ...] = SCORED
) -> Path:
    """Sessions of the score and line_integral families: phi `over` times slower than its formula, inverses by Kronecker
    factors in `kronecker` of the time by LU.
    """
    environment = "virtualenv-py3.11-torch2.13.0-BENCH_DEVICEcpu-BENCH_PROFILEstandard-learned"
    synthetic.write_index(folder)
    scored = [(sizes, _score_seconds(sizes, over)) for sizes in CELLS]
    classes = {
        "score.Torch": [
            _session(synthetic, "score", sizes, {row: s for row, s in seconds.items() if row in rows})
            for sizes, seconds in scored
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
            synthetic.write_session(folder, _repeat(session), environment)
    synthetic.write_asv(folder, synthetic.make_asv(classes, environment, "cpu"), environment)
    return folder


def _repeat(session: dict) -> dict:
    """A second process of the cell, in which each row is up to a percent slower."""
    rows = {
        name: row | {"samples_s": [seconds * (1 + 0.01 * (j % 4) / 3) for seconds in row["samples_s"]]}
        for j, (name, row) in enumerate(session["rows"].items())
    }
    return session | {"process": 1, "rows": rows}


def _row(template: dict, name: str, family: str, sizes: dict, seconds: float) -> dict:
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
    record["rows"] = {name: _row(template, name, family, sizes, s) for name, s in seconds.items()}
    return record


def _score_seconds(sizes: dict, over: float = 1.0) -> dict[str, float]:
    """Times as the formulas say, phi `over` times slower than they do."""
    problem = bench_core.problem("score", **sizes)
    flops = {m.name: m.cost(problem).flops for m in bench_core.methods("score", "torch")}
    rate = {"phi": over}
    # Written out, both take BY_HAND of the time of automatic differentiation.
    times = {name: 1e-5 + rate.get(name, 1.0) * flops[name] / 3e10 for name in ("psi", "phi")}
    return times | {f"{name}_closed_form": BY_HAND * times[name] for name in ("psi", "phi")}
