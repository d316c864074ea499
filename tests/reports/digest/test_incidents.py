"""Health tells what happened, within a state of the machine, and nothing else."""

import json

import pytest

from reports.analysis import Analysis
from reports.digest import to_plain
from reports.digest.incidents import find_incidents
from reports.load import load
from reports.pages.incidents import write_incident

SIZES = (16, 32, 64, 128, 256, 512, 1024, 2048, 3072, 4096)
QUIET = {"moved": None, "repeated": 0, "steal": 0.0, "load_of_others": 0.1, "throttled_s": 0.0, "mhz": 2500.0}


@pytest.fixture
def tell(synthetic, tmp_path, digest):
    """(kind, warns, line) of each incident after sessions were edited by their size."""

    def run(edit):
        for hour, size in enumerate(SIZES):
            session = synthetic.make_session(size, rounds=8, rows=("relative", "gemm_floor"))
            session |= {"started_at": f"2026-11-20T{hour:02d}:00:00Z", "failures": [], "elapsed_s": 10.0}
            edit(session, size)
            synthetic.write_session(tmp_path, session, "direct")
        # Another digest of one machine, which is not named then.
        found = find_incidents(Analysis(load(tmp_path)))
        # The folder has no asv file, and what a writer is given goes through JSON.
        json.dumps(to_plain([incident.values for incident in found]))
        told = [(i.kind, i.warns, write_incident(digest, i)) for i in found]
        return [line for line in told if line[0] not in ("without-asv", "dirty")]

    return run


def slow_down(session, factor, canary_only=False):
    session["canary"]["samples_s"] = [factor * s for s in session["canary"]["samples_s"]]
    if not canary_only:
        for name in ("gemm_flops_per_s", "copy_bytes_per_s"):
            session["ceiling"][name] /= factor


def test_nothing_happened_nothing_is_told(tell):
    assert tell(lambda session, size: session.update(state=dict(QUIET))) == []


def test_a_second_state_is_no_disturbance(tell):
    """Half of the sessions on a machine twice as fast: against the whole place all the others were disturbed."""
    ((kind, warns, line),) = tell(lambda session, size: slow_down(session, 0.4 if size > 256 else 1.0))
    assert (kind, warns) == ("states", False)
    assert "logdet was measured in 2 states of the machine" in line
    assert line.endswith(("A (D = 16, 32, 64, 128 and 256)", "B (D = 16, 32, 64, 128 and 256)"))


def test_two_processors_are_two_states_however_near_their_speeds(tell):
    """Products of one size do not tell a curve of one from a curve of the other."""

    def edit(session, size):
        session["environment"]["cpu"] = "X (family 25 model 17)" if size > 1024 else "X"

    ((kind, warns, line),) = tell(edit)
    assert (kind, warns) == ("states", False)
    assert "beside state A, on curves of their own: B (D = 2,048, 3,072 and 4,096)" in line


def test_cold_caches_are_no_disturbance(tell):
    assert tell(lambda session, size: slow_down(session, 1.7 if size == 4096 else 1.0, canary_only=True)) == []


def test_a_session_slower_than_its_state_is_named(tell):
    ((_, warns, line),) = tell(lambda session, size: slow_down(session, 1.5 if size == 64 else 1.0))
    assert warns
    assert line.startswith("torch, cpu, float32: the machine was up to 1.5 times slower than usual in logdet at ")
    assert "logdet at D = 64 (" in line


def test_many_disturbed_sessions_are_one_line(tell):
    ((_, _, line),) = tell(lambda session, size: slow_down(session, {64: 3, 128: 4}.get(size, 1), canary_only=True))
    assert "the canary ran up to 4 times slower than usual in 2 cells: " in line
    assert "logdet at D = 64 (" in line
    assert "logdet at D = 128 (" in line


@pytest.mark.parametrize(
    ("field", "little", "much", "told"),
    [
        (
            "moved",
            None,
            "canary 8.42e-05 s in the first third, 0.00112 s in the last",
            "84.2 µs in the first third, 1.12 ms in the last)",
        ),
        ("steal", 0.01, 0.2, "the host ran other guests for up to 20 % of the time in logdet"),
        ("load_of_others", 0.4, 0.9, "other work kept up to 0.9 of the cores busy in logdet"),
        ("throttled_s", 0.1, 3.0, "quota held threads back for up to 3 s in logdet"),
        ("mhz", 2400.0, 1800.0, "the clock was over 10 % below its usual in logdet"),
    ],
)
def test_what_the_state_recorded_is_told_where_it_happened(tell, field, little, much, told):
    ((_, warns, line),) = tell(
        lambda session, size: session.update(state=QUIET | {field: much if size == 64 else little})
    )
    assert warns
    assert told in line
    assert "at D = 64 (B = 100, L = 2)" in line
    assert "D = 128" not in line


def alone(times=1.0):
    return {"what": "additions", "processors": [0, 1], "start_s": [0.018, 0.018], "end_s": [0.018, 0.018 * times]}


def test_a_pool_that_was_slow_is_a_note_and_no_slower_machine(tell):
    """Products and canary of one session at a third of their speed; one thread says it is the same machine."""

    def edit(session, size):
        session["state"] = QUIET | {"one_thread": alone(), "pool_moved": None}
        if size == 64:
            slow_down(session, 3.0)
            session["state"]["pool_moved"] = "products 1e+11 FLOP/s at the start, 5e+10 at the end"

    ((kind, warns, line),) = tell(edit)
    assert (kind, warns) == ("pool", False)
    assert "ran at two speeds on one and the same machine within logdet at D = 64 (" in line
    assert line.endswith("(products 100 GFLOP/s at the start, 50 GFLOP/s at the end)")


def test_a_machine_that_one_thread_tells_slower_is_named(tell):
    def edit(session, size):
        session["state"] = QUIET | {"one_thread": alone(1.8 if size == 64 else 1.0), "pool_moved": None}

    ((kind, warns, line),) = tell(edit)
    assert (kind, warns) == ("disturbed", True)
    assert "up to 1.4 times slower than usual in logdet at D = 64 (" in line


def test_a_machine_that_moved_with_its_pool_is_told_once(tell):
    line = "one thread on processor 1 0.018 s at the start, 0.0252 s at the end"
    state = QUIET | {"one_thread": alone(1.4), "moved": line, "pool_moved": "products 2e+11 FLOP/s at the start"}
    ((kind, _, told),) = tell(lambda session, size: session.update(state=state if size == 64 else QUIET))
    assert kind == "moved"
    assert "one thread on processor 1 18 ms at the start, 25.2 ms at the end" in told


def test_repetitions_are_counted(tell):
    state = QUIET | {"moved": "products 1e+11 FLOP/s at the start, 2e+11 at the end", "repeated": 2}
    ((_, _, line),) = tell(lambda session, size: session.update(state=state if size == 64 else QUIET))
    assert line.endswith("(products 100 GFLOP/s at the start, 200 GFLOP/s at the end), though repeated 2 times")


def test_warnings_of_the_system_are_told_once(tell):
    def edit(session, size):
        session["environment"]["warnings"] = ["swap in use: 1.2 GiB"] if size > 256 else []

    assert tell(edit) == [("system", True, "swap in use: 1.2 GiB (in 5 sessions)")]


def test_what_is_no_warning_is_told_as_well(digest):
    kinds = {incident.kind for incident in digest.health.notes}
    assert {"failures", "wrong"} <= kinds
    (wrong,) = [incident for incident in digest.health.notes if incident.kind == "wrong"]
    assert "transposed (logdet, 1 cell)" in write_incident(digest, wrong)
    assert digest.health.warnings == ()


@pytest.mark.parametrize(
    ("folder", "missed"), [("checkout-py3.11", True), ("plain-BENCH_DEVICEcpu", False), ("direct", False)]
)
def test_a_file_of_asvs_is_missed_where_asv_was_to_save_one(folder, missed, synthetic, tmp_path):
    synthetic.write_session(tmp_path, synthetic.make_session(64, rounds=8), folder)
    kinds = {incident.kind for incident in find_incidents(Analysis(load(tmp_path)))}
    assert ("without-asv" in kinds) == missed
