"""Numbers of code that was not fair or not right are told nowhere."""

from datetime import UTC, datetime
from fnmatch import fnmatch

import numpy as np
import pytest

import bench_core
from reports.analysis import Analysis
from reports.digest.health import examine
from reports.families import FAMILIES
from reports.load import load
from reports.load.retractions import find_mended, retract

BRAKE = FAMILIES["implicit"].retracted[0]
PEAKS = next(each for each in FAMILIES["line_integral"].retracted if each.peaks)
EVERY = [(name, each) for name, family in FAMILIES.items() for each in family.retracted]
# Rivals of ours that ran with a brake on, and the first seconds without it.
BRAKED = {("implicit", "dense"): "2026-11-27T09:22:51", ("score", "curl_dense"): "2026-11-27T11:48:11"}


def _load(synthetic, folder, seconds: int, row: str, session):
    """A session that began so long after the mending, one of its rows under this name."""
    rows = session["rows"]
    rows[row] = rows.pop(next(name for name in rows if name.startswith(row.partition("_")[0]))) | {"method": row}
    started = datetime.fromtimestamp(find_mended(BRAKE) + seconds, UTC).isoformat()
    synthetic.write_session(folder, session | {"started_at": started}, "direct")
    run = load(folder)
    (line,) = run.frame[run.frame["row"] == row].to_dict("records")
    return run, line


def test_a_row_of_older_code_has_an_outcome_and_a_reason_and_no_numbers(synthetic, tmp_path):
    run, line = _load(synthetic, tmp_path, -1, "lineax_gmres", synthetic.make_implicit_session(64, backend="jax"))
    assert (line["outcome"], line["reason"]) == ("retracted", BRAKE.why)
    assert line["samples_s"].size == line["rounds"].size == 0
    assert all(np.isnan(line[name]) for name in ("error", "peak_bytes", "build_s", "first_call_s", "compile_cold_s"))
    assert line["quality"] == {}
    others = run.frame[(run.frame["role"] == "peer") & (run.frame["row"] != "lineax_gmres")]
    assert set(others["outcome"]) == {"ok"}
    assert all("residual" in quality for quality in others["quality"])
    (note,) = [note for note in examine(Analysis(run)).notes if note.kind == "retracted"]
    # Others were mended later, and are withdrawn of that day, too.
    gone = ("broyden", "forward_broyden", "gmres", "lineax_gmres", "shine")
    assert note.values["rows"] == tuple(("implicit", row, 1) for row in gone)


def test_of_the_mending_commit_it_holds(synthetic, tmp_path):
    _, line = _load(synthetic, tmp_path, 0, "lineax_gmres", synthetic.make_implicit_session(64, backend="jax"))
    assert line["outcome"] == "ok"
    assert line["samples_s"].size


def test_what_is_measured_later_makes_a_commit_no_younger(synthetic, tmp_path):
    """A process that is added to an older commit's cell when it was mended elsewhere: its code is the older one."""
    later = synthetic.make_implicit_session(64, backend="jax", process=1)
    later["started_at"] = datetime.fromtimestamp(find_mended(BRAKE) + 3600, UTC).isoformat()
    synthetic.write_session(tmp_path, later, "direct")
    _, line = _load(synthetic, tmp_path, -1, "lineax_gmres", synthetic.make_implicit_session(64, backend="jax"))
    assert line["outcome"] == "retracted"
    assert line["samples_s"].size == 0


def test_what_is_not_ok_keeps_its_reason(synthetic, tmp_path):
    session = synthetic.make_implicit_session(64, backend="jax")
    name = next(name for name in session["rows"] if name.startswith("lineax"))
    session["rows"][name] |= {"outcome": "oom", "reason": "of memory", "samples_s": [], "rounds": []}
    _, line = _load(synthetic, tmp_path, -1, "lineax_gmres", session)
    assert (line["outcome"], line["reason"]) == ("oom", "of memory")


def test_a_peak_is_withdrawn_alone():
    line = {"family": "line_integral", "backend": PEAKS.backend, "method": "dopri5_direct_0.001", "commit": "a"}
    line |= {"outcome": "ok", "peak_bytes": 7.0, "samples_s": np.ones(3)}
    at = find_mended(PEAKS)
    (older,), (newer,) = (retract([line], {"a": date}) for date in (at - 1, at))
    assert np.isnan(older["peak_bytes"])
    assert older | {"peak_bytes": 7.0} == newer == line


@pytest.mark.parametrize(("family", "retraction"), EVERY, ids=[f"{name}-{each.methods[0]}" for name, each in EVERY])
def test_a_retraction_names_rows_that_exist(family, retraction):
    """Or it withdraws nothing, and nobody notices."""
    known = [method.name for method in bench_core.methods(family, retraction.backend)]
    assert all(any(fnmatch(name, pattern) for name in known) for pattern in retraction.methods)
    assert find_mended(retraction) < datetime.now(UTC).timestamp()


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
@pytest.mark.parametrize(("family", "row"), BRAKED)
def test_rivals_of_ours_that_had_a_brake_on_are_withdrawn(family, row, backend):
    """In both backends."""
    line = {"family": family, "backend": backend, "method": row, "commit": "a", "outcome": "ok", "error": 1e-7}
    at = datetime.fromisoformat(f"{BRAKED[family, row]}+00:00").timestamp()
    (older,), (newer,) = (retract([line], {"a": date}) for date in (at - 1, at))
    assert older["outcome"] == "retracted"
    assert np.isnan(older["error"])
    assert newer == line
