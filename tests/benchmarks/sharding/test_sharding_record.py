"""The record of several devices, written by the command's own code, small; what the report reads of it."""

from __future__ import annotations

import json

import pytest

from benchmarks.sharding.programs import record
from reports.devices import find_fault


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A record of two devices at one size."""
    folder = tmp_path_factory.mktemp("sharding")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCH_RESULTS", str(folder / "results"))
        patch.setenv("BENCH_LOCK", str(folder / "lock"))
        patch.setattr(record, "METHODS", ("relative", "inverse"))
        patch.setattr(record, "SIZES", (256,))
        patch.setattr(record, "DEVICES", (1, 2))
        patch.setattr(record, "AGREED", {"D": 64, "B": 8, "L": 2})
        path = record.write("here", "python -m benchmarks sharding --machine here")
    assert path.parent.parent == folder / "results/here/studies"
    return json.loads(path.read_text())


# Slow: five processes more, of what ``tests/bench_core/logdet/test_sharded.py`` asks of as many.
@pytest.mark.slow
def test_the_report_can_read_it(written):
    assert find_fault(written) is None
    assert (written["schema"], written["machine"]) == (1, "here")
    assert {(r["backend"], r["method"], r["devices"]) for r in written["measured"]} == {
        (backend, method, devices)
        for backend in ("jax", "torch")
        for method in ("relative", "inverse")
        for devices in (1, 2)
    }
    for row in written["measured"]:
        assert row["wire_bytes"] == pytest.approx(row["formula_bytes"])
        assert 0 < row["held_bytes"] < row["peak_bytes"]
    assert max(row["difference"] for row in written["agreed"]) < 1e-5
    assert {row["backend"] for row in written["agreed"]} == {"jax", "torch"}


@pytest.mark.slow
def test_formulas_reach_further_than_what_was_compiled(written):
    rows = {(r["method"], r["D"], r["devices"]): r for r in written["formulas"]}
    assert len(rows) == 2 * len(record.MODELLED["D"]) * len(record.MODELLED["devices"])
    relative, inverse = (rows[name, 1_000_000, 512] for name in ("relative", "inverse"))
    # 4 TB of every W on every device, twice, against a part of each W and each gradient.
    assert inverse["peak_bytes"] > 8e12
    assert relative["peak_bytes"] == pytest.approx(4 * 4e12 / 512 + 2 * 4e8)


def test_a_child_that_fails_says_why_in_one_line():
    case = {"method": "relative", "D": 63, "B": 8, "L": 2, "devices": 2}
    with pytest.raises(
        ValueError, match=r"^jax over several devices failed: ValueError: D = 63 over 2 devices; "
    ) as caught:
        record.ask("jax", {"measure": [case], "agree": []})
    assert "\n" not in str(caught.value)


def test_asv_passes_by_what_older_commits_lack(run_python):
    """asv imports every module of every package below benchmarks/ to find them, whatever commit is installed."""
    code = (
        "import pkgutil, sys\n"
        "import benchmarks.sharding as found\n"
        "names = [each.name for each in pkgutil.iter_modules(found.__path__, 'benchmarks.sharding.')]\n"
        "print(names, sorted({'torch', 'jax', 'bench_core.logdet'} & set(sys.modules)))"
    )
    done = run_python("-c", code)
    assert done.stdout == "[] []\n", done.stderr
