"""The run's health: states in times of the usual one, noise, coverage, and files by their hash."""

import csv
import hashlib
import io
import json
import math

import pytest

from reports.analysis import Analysis
from reports.digest.exponents import WIDEST
from reports.digest.health import examine
from reports.digest.provenance import write_files
from reports.load import load
from tests.reports.finders import asv_path


def test_places_have_their_noise_and_margin(digest, analysis):
    assert [place.place for place in digest.health.places] == list(analysis.places)
    for place in digest.health.places:
        assert place.noise == analysis.noise(place.place)
        assert place.margin == analysis.margin(place.place) >= 0.05
        assert place.twins > 0
        assert 0 < place.canary < 0.2
        assert 0 < place.rounds_s < place.elapsed_s
        assert sum(number for _, number in place.stops) == place.sessions


def test_states_are_told_in_times_of_the_usual_one(synthetic, tmp_path):
    for size in (16, 32, 64, 128, 256, 512, 1024, 2048):
        session = synthetic.make_session(size, rounds=8, rows=("relative", "gemm_floor"))
        if size >= 512:
            session["canary"]["samples_s"] = [s / 2.5 for s in session["canary"]["samples_s"]]
            for name in ("gemm_flops_per_s", "copy_bytes_per_s"):
                session["ceiling"][name] *= 2.5
        synthetic.write_session(tmp_path, session, "direct")
    usual, fast = examine(Analysis(load(tmp_path))).states
    assert (usual.letter, usual.speed, usual.sessions) == ("A", 1.0, 5)
    assert (fast.letter, fast.sessions, fast.families) == ("B", 3, ("logdet",))
    assert fast.speed == pytest.approx(2.5, rel=0.05)


@pytest.mark.parametrize("old", [0, 1])
def test_one_thread_tells_states_where_every_session_has_it(synthetic, tmp_path, old):
    """A pool that runs on one processor in half of the sessions, in turn for five: to what a record from before knows
    that is another machine, and so it stays beside such a one.
    """
    sizes = (16, 32, 64, 128, 256, 512, 1024, 2048, 3072, 4096)
    for hour, size in enumerate(sizes):
        session = synthetic.make_session(size, rounds=8, rows=("relative", "gemm_floor"))
        session["started_at"] = f"2026-11-20T{hour:02d}:00:00Z"
        if hour >= 5:
            session["canary"]["samples_s"] = [2.0 * s for s in session["canary"]["samples_s"]]
            for name in ("gemm_flops_per_s", "copy_bytes_per_s"):
                session["ceiling"][name] /= 2.0
        if hour >= old:
            seconds = [0.018, 0.018 + 1e-4 * hour]
            session["state"] = {"one_thread": {"processors": [0, 1], "start_s": seconds, "end_s": seconds}}
        synthetic.write_session(tmp_path, session, "direct")
    states = examine(Analysis(load(tmp_path))).states
    assert len(states) == 1 + old
    assert states[0].one_thread_s == pytest.approx(0.0184, rel=0.02)
    if old:
        # Of the states' speeds one thread is right all the same.
        assert states[1].speed == pytest.approx(1.0, abs=0.05)


def test_coverage_is_that_of_the_analysis(digest, analysis):
    found = {row.what: row for row in digest.health.coverage if row.family == "logdet"}
    for what, truth in {
        "a time, for another process": analysis.coverage("logdet"),
        "a ratio, for another process": analysis.coverage_of_ratios("logdet"),
        "an exponent, for another process": analysis.coverage_of_exponents("logdet", WIDEST),
        "a crossover, for another process": analysis.coverage_of_crossovers("logdet"),
    }.items():
        row = found.pop(what)
        assert (row.share, row.left_out, row.factor) == (truth.share, truth.total, truth.factor)
        assert truth.total > 20
    assert not found


def test_comparisons_add_up(digest):
    compared = digest.health.comparisons
    assert compared.total > 50
    assert 0 <= compared.for_noise <= compared.undetermined
    assert compared.undetermined + compared.unpaired <= compared.total


def test_files_have_their_hash(digest, results):
    lines = list(csv.DictReader(io.StringIO(write_files(digest.health.provenance))))
    assert len(lines) == digest.about.files > 60
    for line in lines[::10]:
        assert line["sha256"] == hashlib.sha256((results / line["path"]).read_bytes()).hexdigest()[:32]


def test_facts_that_places_share_stand_once(digest):
    facts = [fact for fact in digest.health.provenance.facts if fact.name == "python"]
    assert [(fact.values, len(fact.places)) for fact in facts] == [(("3.11.7",), 3)]
    assert len([fact for fact in digest.health.provenance.facts if fact.name == "gpu"]) == 1


def test_what_was_checked_again_is_counted_where_records_say(synthetic, tmp_path):
    """In one process of a cell is enough; a point of which no process was checked is none."""
    for process in (0, 1):
        session = synthetic.make_session(64, process=process, rounds=8, rows=("relative", "gemm_floor"))
        path = synthetic.write_session(tmp_path, session, "direct")
    (place,) = examine(Analysis(load(tmp_path))).places
    assert math.isnan(place.checked)
    session["rows"]["relative"]["checked_again"], session["rows"]["gemm_floor"]["checked_again"] = True, False
    path.unlink()
    synthetic.write_session(tmp_path, session, "direct")
    (place,) = examine(Analysis(load(tmp_path))).places
    assert (place.checked, place.timed) == (1, 2)


def test_warnings_stand_by_their_weight(synthetic, tmp_path):
    """A canary 6 times slower before a machine 1.5 times slower, that before work of others, a broken file after it."""
    for hour, size in enumerate((16, 32, 64, 128, 256, 512, 1024, 2048, 3072, 4096)):
        session = synthetic.make_session(size, rounds=8, rows=("relative", "gemm_floor"))
        session |= {"started_at": f"2026-11-20T{hour:02d}:00:00Z", "dirty": False}
        slower, canary = {64: (1.5, 1.5), 128: (1.0, 6.0)}.get(size, (1.0, 1.0))
        session["canary"]["samples_s"] = [canary * s for s in session["canary"]["samples_s"]]
        for name in ("gemm_flops_per_s", "copy_bytes_per_s"):
            session["ceiling"][name] /= slower
        session["state"] = {"load_of_others": 0.9 if size == 256 else 0.0, "steal": 0.2 if size == 512 else 0.0}
        path = synthetic.write_session(tmp_path, session, "direct")
    path.with_name(f"logdet-{path.name}").write_text("{")
    health = examine(Analysis(load(tmp_path)))
    assert [warning.kind for warning in health.warnings] == ["canary", "disturbed", "stolen", "busy", "file"]
    assert [warning.values["most"] for warning in health.warnings[:2]] == pytest.approx([6.0, 1.5], rel=0.1)


def test_a_median_of_asv_that_is_not_the_records_is_a_note(small):
    path = asv_path(small)
    data = json.loads(path.read_text())
    values = data["results"]["logdet.Torch.track_seconds"][data["result_columns"].index("result")]
    values[next(j for j, value in enumerate(values) if value)] *= 1.05
    path.write_text(json.dumps(data))
    health = examine(Analysis(load(small)))
    (note,) = [incident for incident in health.notes if incident.kind == "differs"]
    assert "asv says" in note.values["line"]
    assert "differs" not in {incident.kind for incident in health.warnings}


def test_without_sessions_nothing_is_known(small):
    for path in small.glob("*/sessions/*/*.session"):
        path.unlink()
    health = examine(Analysis(load(small)))
    assert {incident.kind for incident in health.notes} == {"without-sessions", "wrong"}
    assert health.states == ()
    for place in health.places:
        assert place.sessions == 0
        assert math.isnan(place.noise)
        assert math.isnan(place.rounds_s)
