"""Every torch kernel stays on a CUDA device and does not wait for it, as far as that shows without one: calls run with
fake tensors in a process of their own (``fake_cuda.py``), and each wait of the host is counted.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

import bench_core
from bench_core.precision import DTYPES, FINE

pytestmark = pytest.mark.long

SCRIPT = Path(__file__).with_name("fake_cuda.py")
# Forms whose calls are made there; the others are made on a card.
FORMS = ("eager", "allocating")
ON_A_CARD = ("compiled", "graph")
LONGEST = 30  # steps of an unrolled pass; the others' loops are the same, and turn on

# Of programs that hold another one's solver, which is run in a row of its own, and take seconds each.
LONG = (
    *("dopri5_adjoint_0.001", "inverse_lu_dopri5", "inverse_cholesky_dopri5", "inverse_kronecker_dopri5"),
    *("inverse_cholesky_rk4", "torchdeq_anderson"),
)

# Who may look at what is on the device, beside our solvers: they look once an iteration, and once for every residual
# that is computed anew. Kernels that a library drives, and the library; how often it looks is its own.
LIBRARIES = {
    "torchdeq": "torchdeq",
    "torchopt": "torchopt",
    "nflows": "nflows",
    "normflows": "normflows",
    "dopri5_direct": "torchdiffeq",
    "dopri5_adjoint": "torchdiffeq",
    "inverse_dopri5": "torchdiffeq",
}
OURS = "look bench_core/implicit/torch/_batch.py"
# Solvers with a loop of their own.
LOOPS = {"inverse_newton": "look bench_core/line_integral/torch/inverse_newton.py"}
# Each of its samples has steps of its own: which of them go on, numbers alone tell.
BY_NUMBERS = ("dopri5_per_sample",)
# Eigenvectors have no form that does not look whether it has found them.
EIGENVECTORS = "_linalg_eigh bench_core/line_integral/torch/_solve.py"


def _rows():
    """Rows that are one program but for a number: the first of them, the others slow."""
    seen = set()
    for family in bench_core.FAMILIES:
        for m in bench_core.methods(family, "torch"):
            program = (
                family,
                m.declaration.kernel or m.name,
                *(v for v in m.settings.values() if isinstance(v, str | bool)),
            )
            marks = pytest.mark.slow if program in seen or m.name in LONG else ()
            for form in m.forms:
                if form in FORMS and m.settings.get("K", 0) <= LONGEST:
                    seen.add(program)
                    yield pytest.param(m, form, id=f"{family}-{m.name}-{form}", marks=marks)


@pytest.fixture(scope="module")
def said(request, runner, tmp_path_factory):
    """What the script says: of planted faults, and of rows, by family, name and form. Where some rows' tests were
    chosen, of those alone.
    """
    if torch.version.cuda is None and not shutil.which("g++"):
        pytest.skip("needs a C++ compiler (g++) for a fake device")
    folder = tmp_path_factory.mktemp("fake")
    items = [item for item in request.session.items if item.path == Path(__file__)]
    chosen = [item.callspec.params.get("m") for item in items if hasattr(item, "callspec")]
    names = sorted({f"{m.family}:{m.name}" for m in chosen if m is not None})
    done = runner(folder)(str(SCRIPT), str(folder), *names)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    rows: dict[tuple[str, ...], list[dict]] = {}
    for line in lines:
        if "form" in line:
            rows.setdefault((line["family"], line["name"], line["form"]), []).append(line)
    return rows, {line["fault"]: line for line in lines if "fault" in line}


@pytest.mark.parametrize(("m", "form"), [*_rows()])
def test_a_call_stays_on_the_device_and_does_not_wait(m, form, said):
    calls = said[0][m.family, m.name, form]
    kernel = m.declaration.kernel or m.name
    for call in calls:
        if "missing" in call:
            pytest.skip(call["missing"])
        where = f"{kernel} at {call['sizes']} in {call['dtype']}"
        if kernel in BY_NUMBERS:
            assert "DynamicOutputShapeException" in call["error"], where
            continue
        assert "error" not in call, f"{where}: {call.get('error')}"
        assert call["devices"] == ["cuda"], where
        waits = dict(call["waits"])
        assert waits.pop(OURS, 0) == call["looks"], where
        if call["sizes"].get("J") == "kronecker_psd":
            waits.pop(EIGENVECTORS, None)
        if kernel in LOOPS:
            assert waits.pop(LOOPS[kernel]) > 0, where
        others = {what: number for what, number in waits.items() if what.split()[-1] != LIBRARIES.get(kernel)}
        assert not others, where


def test_rows_are_run_in_every_precision_that_a_card_measures_them_in(said):
    runs = {(*key[:2], call["dtype"]) for key, calls in said[0].items() for call in calls if "missing" not in call}
    assert {run[2] for run in runs if run[:2] == ("logdet", "relative")} == {*DTYPES}
    assert {run[2] for run in runs if run[:2] == ("logdet", "inverse")} == {*FINE}
    assert ("implicit", "cg", "float64") in runs
    assert ("line_integral", "psd_applied", "float64") in runs


def test_our_solvers_turn(said):
    """Several times, and so do the libraries': their loops are what is run."""
    for name in ("cg", "gmres", "anderson", "broyden", "bicgstab"):
        assert all(call["looks"] > 3 for call in said[0]["implicit", name, "eager"])


@pytest.mark.parametrize("kernel", LIBRARIES)
def test_who_may_look_does(kernel, said):
    """An entry that nothing needs any more leaves the list."""
    calls = [call for calls in said[0].values() for call in calls if call["kernel"] == kernel and "missing" not in call]
    if not calls:
        pytest.skip(f"no row of it is among these tests, or the package {LIBRARIES[kernel]!r} is missing")
    assert any(what.endswith(f" {LIBRARIES[kernel]}") for call in calls for what in call["waits"])


def test_every_form_is_of_one_kind():
    forms = {form for family in bench_core.FAMILIES for m in bench_core.methods(family, "torch") for form in m.forms}
    assert forms <= {*FORMS, *ON_A_CARD}


@pytest.mark.parametrize("fault", ["look", "copy_out", "copy_in", "choose", "check", "look_in_backward"])
def test_a_wait_is_seen(fault, said):
    assert sum(said[1][fault]["waits"].values()) == 1, said[1][fault]


def test_operands_on_two_devices_are_seen(said):
    assert "device" in said[1]["mix"]["error"]
