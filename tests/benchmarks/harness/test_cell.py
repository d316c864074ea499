"""Cells, their names, and wrong input."""

from __future__ import annotations

from dataclasses import replace

import pytest

import bench_core
from bench_core.method import DEVICES, DEVICES_OF
from benchmarks.families import FAMILIES, Sweep
from benchmarks.families._family import FULL_D
from benchmarks.harness import run
from benchmarks.harness.cell import Cell, asked, rows
from benchmarks.harness.profile import FULL, PATIENT, PROFILES, QUICK, STANDARD
from benchmarks.harness.run import _benchmarks, _rows, cells, every_cell, planned


def test_a_name_spells_every_coordinate_and_json_comes_back():
    cell = Cell.of("logdet", "jax", {"D": 50}, dtype="float64")
    assert cell.name == "logdet-jax-cpu-float64-D50-B100-L2"
    assert Cell.from_json(cell.to_json()) == cell
    assert cell.swept == 50


def test_cells_of_one_sweep_differ_in_the_swept_size_only():
    a, b, c = (Cell.of("logdet", "jax", sizes) for sizes in ({"D": 5}, {"D": 6}, {"D": 5, "B": 1}))
    assert a.without_swept() == b.without_swept() != c.without_swept()


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_cell_that_is_asked_for_has_the_precision_in_which_the_profile_measures_it(profile, family):
    """Also where the command line names no precision: a fixed point to a residual of 1e-6 is none in float32."""
    for cell in cells(family, "torch", profile, "cpu"):
        alike = [c.dtype for c in cells(family, "torch", profile, "cpu") if c.sizes == cell.sizes]
        assert asked(profile, family, "torch", dict(cell.sizes)).dtype == alike[0]
        assert asked(profile, family, "torch", dict(cell.sizes), dtype="float64").dtype == "float64"


def test_a_cell_of_no_sweep_has_the_precision_of_the_main_one():
    assert asked(QUICK, "implicit", "jax", {"D": 48}).dtype == "float64"
    assert asked(STANDARD, "implicit", "jax", {"D": 2000, "tol": 1e-4}).dtype == "float32"
    assert asked(QUICK, "logdet", "jax", {"D": 48}).dtype == "float32"


def test_rows_are_methods_and_their_further_forms():
    assert rows("logdet", "torch")[:3] == ("relative", "relative:allocating", "relative:compiled")
    assert "gemm_floor:compiled" not in rows("logdet", "torch")
    assert [row for row in rows("logdet", "jax") if ":" in row] == ["relative:allocating"]


@pytest.mark.parametrize("family", FAMILIES)
def test_rows_of_a_form_are_of_the_devices_that_have_it(family):
    """A session, asv's parameters and a run's plan: none of a form that the device has not."""
    for backend in bench_core.BACKENDS:
        on_cpu, on_cuda = (rows(family, backend, device=device) for device in DEVICES)
        for form in DEVICES_OF:
            having = [m.name for m in bench_core.methods(family, backend) if form in m.forms]
            assert [row for row in on_cuda if row.endswith(f":{form}")] == [f"{name}:{form}" for name in having]
        assert on_cpu == rows(family, backend) == tuple(r for r in on_cuda if r.partition(":")[2] not in DEVICES_OF)
    for device in DEVICES:
        cell = cells(family, "torch", STANDARD, device)[0]
        told = [row for row in _rows(cell, STANDARD, [], [], ()) if row.endswith(":graph")]
        named = [name for name in _benchmarks(cell, STANDARD) if ":graph" in name]
        assert bool(told) == bool(named) == (device == "cuda")


@pytest.mark.parametrize("device", DEVICES)
def test_asv_has_the_rows_of_its_device(device, run_python):
    code = "from benchmarks import logdet; print([row for row in logdet.Torch.params[0] if row.startswith('relative')])"
    done = run_python("-c", code, BENCH_DEVICE=device)
    assert ("'relative:graph'" in done.stdout) == (device == "cuda"), done.stderr
    assert "'relative:compiled'" in done.stdout


def test_few_rows_are_compiled_where_minutes_count():
    assert "timed up to D = 0" in QUICK.refuses("logdet", "relative", "compiled", 10)
    assert STANDARD.refuses("logdet", "inverse", "compiled", 100) == ""
    assert "timed of relative, inverse" in STANDARD.refuses("logdet", "jacobian_autodiff", "compiled", 100)
    assert FULL.refuses("logdet", "jacobian_autodiff", "compiled", 100) == ""
    assert "form 'graph' is timed up to D = 4096" in STANDARD.refuses("logdet", "relative", "graph", 6000)
    assert (
        STANDARD.refuses("logdet", "relative", "graph", 4000) == STANDARD.refuses("logdet", "relative", "", 1e6) == ""
    )
    for family in FAMILIES.values():
        for chosen in family.compiled.values():
            compiled = [m.name for m in bench_core.methods(family.name, "torch") if "compiled" in m.forms]
            assert set(chosen) <= set(compiled)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("flow", "torch", {}), "unknown family 'flow'; allowed: logdet, implicit"),
        (("logdet", "mxnet", {}), "unknown backend 'mxnet'; allowed: torch, jax"),
        (("logdet", "torch", {"D": 0}), "D = 0 is not a size; allowed: whole numbers from 1"),
        (("logdet", "torch", {"N": 3}), "unknown size of logdet 'N'; allowed: D, B, L"),
        (("logdet", "torch", {}, "tpu"), "unknown device 'tpu'; allowed: cpu, cuda"),
        (("logdet", "torch", {}, "cpu", "float16"), "unknown dtype 'float16'; allowed: float32, float64"),
    ],
)
def test_wrong_input_is_one_line(arguments, says):
    with pytest.raises(ValueError, match="allowed") as caught:
        Cell.of(*arguments)
    assert says in str(caught.value)


def test_sizes_may_be_numbers_and_words():
    cell = Cell.of("implicit", "torch", {"D": 128, "T": "conv", "gamma": 0.5}, dtype="float64")
    assert cell.name == "implicit-torch-cpu-float64-D128-B64-gamma0.5-Tconv-tol1e-06"
    assert Cell.from_json(cell.to_json()) == cell
    with pytest.raises(ValueError, match=r"gamma = 2\.0 is not a contraction factor"):
        Cell.of("implicit", "torch", {"gamma": 2.0})


def test_rows_that_are_not_for_a_size_are_not_tried():
    tanh, psd = ({"d": 4, "J": J} for J in ("tanh", "psd"))
    assert "psd_formed" not in rows("line_integral", "torch", None, [tanh])
    assert "psd_formed" in rows("line_integral", "torch", None, [psd])
    assert "psd_formed" in rows("line_integral", "torch", None, [tanh, psd])
    assert set(rows("line_integral", "torch", None, [psd])) < set(rows("line_integral", "torch"))


def test_rows_apart_are_tried_where_a_sweep_names_them(monkeypatch):
    declared = FAMILIES["logdet"]
    rivals = Sweep({"D": (10, 100), "B": (100,), "L": (1,)}, only=("relative", "inverse"))
    sweeps = {"standard": {"": declared.sweeps["standard"][""], "Rivals": rivals}}
    monkeypatch.setitem(FAMILIES, "logdet", replace(declared, sweeps=sweeps, apart=("inverse",)))
    main, beside, free = ({"D": 100, "B": B, "L": L} for B, L in ((100, 2), (100, 1), (7, 3)))
    assert "inverse" not in rows("logdet", "torch", STANDARD, [main])
    assert [row.partition(":")[0] for row in rows("logdet", "jax", STANDARD, [beside])] == [
        *("relative", "relative", "inverse")
    ]
    assert "inverse" in rows("logdet", "torch", STANDARD, [free])  # asked for by itself


def test_a_sweep_may_do_with_fewer_processes_and_without_further_forms(monkeypatch):
    declared = FAMILIES["logdet"]
    sizes = {"D": (10, 100), "B": (100,), "L": (1,)}
    beside = Sweep(sizes, only=("relative",), process_share=1 / 3, forms=False)
    sweeps = {"standard": {"": declared.sweeps["standard"][""], "Rivals": beside}}
    monkeypatch.setitem(FAMILIES, "logdet", replace(declared, sweeps=sweeps))
    cell, main = ({"D": 100, "B": 100, "L": L} for L in (1, 2))
    of_cell, of_main = (Cell.of("logdet", "torch", at) for at in (cell, main))
    assert rows("logdet", "torch", STANDARD, [cell]) == ("relative",)
    assert "relative:compiled" in rows("logdet", "torch", STANDARD, [main])
    assert (STANDARD.processes_of(of_cell), STANDARD.rounds_of(of_cell)) == (1, 6)
    assert (STANDARD.processes_of(of_main), STANDARD.rounds_of(of_main)) == (3, 3)
    # A cell that another sweep has too is measured as that one asks.
    monkeypatch.setitem(sweeps["standard"], "More", Sweep(sizes, only=("inverse",)))
    assert STANDARD.processes_of(of_cell) == 3
    assert "inverse:compiled" in rows("logdet", "torch", STANDARD, [cell])
    assert "relative:compiled" not in rows("logdet", "torch", STANDARD, [cell])


def test_what_is_beside_the_main_sweep_leaves_it_as_it_is():
    """Its cells, their names, rows and processes; and the sweeps beside it are short ones of their own rows, of one
    process but for the rivals, rows that the main sweep does not have.
    """
    declared, sweeps = FAMILIES["logdet"], FULL.sweeps("logdet")
    main = sweeps[""]
    assert main == Sweep({"D": FULL_D, "B": (100,), "L": (2,)})
    for backend in bench_core.BACKENDS:
        every = cells("logdet", backend, FULL, "cpu")
        mine = [cell for cell in every if main.holds(dict(cell.sizes))]
        assert [cell.name for cell in mine] == [f"logdet-{backend}-cpu-float32-D{D}-B100-L2" for D in FULL_D]
        names = [m.name for m in bench_core.methods("logdet", backend) if m.name not in declared.apart]
        for cell in mine[:-1]:
            assert FULL.processes_of(cell) == 3
            tried = rows("logdet", backend, FULL, [dict(cell.sizes)])
            assert list(dict.fromkeys(row.partition(":")[0] for row in tried)) == names
        for cell in every:
            if cell not in mine:
                assert FULL.processes_of(cell) == (3 if sweeps["Rivals"].holds(dict(cell.sizes)) else 1)
                assert not any(":" in row for row in rows("logdet", backend, FULL, [dict(cell.sizes)]))
    at = [{"D": 1000, "B": 100, "L": 1}]
    # Of one layer a compiler takes the LU of the only Jacobian out of the loop.
    chunked = [at for sweep in sweeps.values() if "jacobian_autodiff_chunked" in sweep.only for at in sweep.cells()]
    assert chunked
    assert all(at["L"] > 1 for at in chunked)
    assert {*declared.apart, "relative", "inverse", "slogdet_autodiff"} - {"jacobian_autodiff_chunked"} <= {
        *rows("logdet", "torch", FULL, at),
        *rows("logdet", "jax", FULL, at),
    }


def test_a_size_that_is_not_given_is_none():
    """Cells keep the names that they had before there was such a size, and those with it are in no other sweep."""
    plain, given = (Cell.of("logdet", "torch", {"D": 100, "L": 1} | more) for more in ({}, {"condition": 1e4}))
    assert plain.name == "logdet-torch-cpu-float32-D100-B100-L1"
    assert given.name == "logdet-torch-cpu-float32-D100-B100-L1-condition10000"
    assert Cell.from_json(given.to_json()) == given
    sweeps = FULL.sweeps("logdet").values()
    assert [sweep.holds(dict(given.sizes)) for sweep in sweeps] == ["condition" in sweep.sizes for sweep in sweeps]
    with pytest.raises(ValueError, match="unknown size of implicit 'condition'; allowed: D, B, gamma"):
        Cell.of("implicit", "torch", {"condition": 2.0})


@pytest.mark.parametrize("family", FAMILIES)
def test_rows_apart_have_sweeps_and_are_in_no_other(family):
    """In full: other sweeps' sessions are what they were before there were such rows."""
    apart, sweeps = set(FAMILIES[family].apart), FULL.sweeps(family).values()
    known = {m.name for backend in bench_core.BACKENDS for m in bench_core.methods(family, backend)}
    assert apart <= known & {row for sweep in sweeps for row in sweep.only}
    for sweep in sweeps:
        assert set(sweep.only) <= known
        for backend in bench_core.BACKENDS:
            for at in sweep.cells():
                tried = {row.partition(":")[0] for row in rows(family, backend, FULL, [at])}
                named = {row for each in sweeps if each.holds(at) for row in each.only}
                assert tried <= named if apart & named else not tried & apart


def test_the_largest_cells_take_all_their_rounds_in_one_process():
    large, largest = (Cell.of("logdet", "torch", {"D": D}) for D in (10_000, 20_000))
    assert (FULL.processes_of(large), FULL.rounds_of(large)) == (3, 3)
    assert (FULL.processes_of(largest), FULL.rounds_of(largest)) == (1, 6)


@pytest.mark.parametrize("profile", [STANDARD, FULL], ids=lambda profile: profile.name)
def test_every_precision_has_cells_that_tell_how_much_processes_differ(profile):
    for family in FAMILIES:
        sweeps = profile.sweeps(family).values()
        several = {
            dtype
            for sweep in sweeps
            for dtype in profile.dtypes_of(sweep)
            for at in sweep.cells()
            if profile.processes_of(Cell.of(family, "torch", at)) == profile.processes
        }
        assert several == {dtype for sweep in sweeps for dtype in profile.dtypes_of(sweep)}, family


def test_a_sweep_may_choose_its_rows_and_its_longest_call():
    large, small = (
        {"D": D, "B": 64, "gamma": 0.9, "T": "random", "tol": tol} for D, tol in ((2000, 1e-4), (320, 1e-6))
    )
    assert "dense" not in rows("implicit", "torch", STANDARD, [large])
    assert "gmres" in rows("implicit", "torch", STANDARD, [large])
    assert "dense" in rows("implicit", "torch", STANDARD, [small])
    assert "dense" in rows("implicit", "torch", STANDARD, [small, large])
    # A cell of no sweep, asked for by itself, has them all.
    assert "dense" in rows("implicit", "torch", STANDARD, [small | {"D": 7}])
    assert STANDARD.call_seconds("implicit", large) > 10 * STANDARD.call_seconds("implicit", small)


def test_a_sweep_without_cells_is_none():
    assert all(sweep.cells() for p in PROFILES.values() for f in FAMILIES for sweep in p.sweeps(f).values())
    assert "Large" in FAMILIES["implicit"].sweeps["quick"]
    assert "Large" not in QUICK.sweeps("implicit")


def test_patience_is_for_logdet_gradients_and_leaves_other_profiles_as_they_are():
    cells = every_cell(PATIENT, "cpu")
    assert {(cell.family, cell.backend) for cell in cells} == {("logdet", "torch"), ("logdet", "jax")}
    assert {dict(cell.sizes)["D"] for cell in cells} >= {1000, 10_000, 20_000}
    # Those of full, so that both stand at one size, but for Jacobians' larger ones.
    other = {cell.name for cell in cells} - {cell.name for cell in every_cell(FULL, "cpu")}
    assert other == {f"logdet-{b}-cpu-float32-D{D}-B100-L3" for b in bench_core.BACKENDS for D in (1000, 2000, 3000)}
    at = [{"D": 1000, "B": 100, "L": 2}]
    gradients = ("relative", "inverse", "slogdet_autodiff", "jacobian_autodiff")
    assert rows("logdet", "torch", PATIENT, at) == rows("logdet", "jax", PATIENT, at) == gradients
    large = Cell.of("logdet", "torch", {"D": 10_000})
    assert PATIENT.rounds_of(large) == PATIENT.processes_of(large) == 1
    assert "relative:compiled" in rows("logdet", "torch", STANDARD, at)
    for profile in PROFILES.values():
        if profile is not PATIENT:
            assert {cell.family for cell in every_cell(profile, "cpu")} == set(bench_core.FAMILIES)
            assert profile.rounds_of(large) * profile.processes_of(large) >= 6


@pytest.mark.parametrize(
    ("plan", "family", "backend", "count"),
    [
        (r"^logdet\.", "logdet", {"torch", "jax"}, 8),
        (r"^logdet\.Torch\.track_seconds\b", "logdet", {"torch"}, 4),
        (r"Torch\.track_error\('relative', 1000, 100, 2, 'float32'\)", "logdet", {"torch"}, 1),
        (
            r"implicit\.TorchSingle\.track_products\('jfb', 320, 1, 0\.9, 'random', 1e-06, 'float64'\)",
            "implicit",
            {"torch"},
            1,
        ),
    ],
)
def test_a_part_of_the_benchmarks_has_its_cells(plan, family, backend, count):
    """As asv chooses them: by a benchmark's name with its parameters."""
    found = planned(QUICK, "cpu", plan)
    assert len(found) == count
    assert {name.split("-")[0] for name in found} == {family}
    assert {name.split("-")[1] for name in found} == backend


def test_of_an_older_commit_the_precisions_are_planned_that_it_has(monkeypatch):
    assert {cell.dtype for cell in cells("logdet", "torch", PROFILES["card"], "cuda")} > {"tf32"}
    monkeypatch.setattr(run, "DTYPES", ("float32", "float64"))
    assert {cell.dtype for cell in cells("logdet", "torch", PROFILES["card"], "cuda")} == {"float32", "float64"}
