"""Health tells what happened, within a state of the machine, and nothing else."""

import pytest

from reports.analysis import Analysis
from reports.load import load
from reports.pages.incidents import find_incidents

SIZES = (16, 32, 64, 128, 256, 512, 1024, 2048, 3072, 4096)
QUIET = {"moved": None, "repeated": 0, "steal": 0.0, "load_of_others": 0.1, "throttled_s": 0.0, "mhz": 2500.0}


@pytest.fixture
def tell(synthetic, tmp_path):
    """Lines of Health after each session was edited by its size."""

    def run(edit):
        for hour, size in enumerate(SIZES):
            session = synthetic.make_session(size, rounds=8, rows=("relative", "gemm_floor"))
            session |= {"started_at": f"2026-11-20T{hour:02d}:00:00Z", "failures": [], "elapsed_s": 10.0}
            edit(session, size)
            synthetic.write_session(tmp_path, session, "direct")
        told = list(find_incidents(Analysis(load(tmp_path))))
        return [line for line in told if "session record" not in line and "dirty" not in line]

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
    told = tell(lambda session, size: slow_down(session, 0.4 if size > 256 else 1.0))
    assert len(told) == 1
    assert "measured in 2 machine states" in told[0]


def test_cold_caches_are_no_disturbance(tell):
    assert tell(lambda session, size: slow_down(session, 1.7 if size == 4096 else 1.0, canary_only=True)) == []


def test_a_session_slower_than_its_state_is_named(tell):
    (line,) = tell(lambda session, size: slow_down(session, 1.5 if size == 64 else 1.0))
    assert line.startswith("torch, cpu, float32, state A: the machine was 1.5 times slower than usual in logdet-torch")
    assert "-D64-" in line


def test_a_disturbance_after_the_ceiling_is_named(tell):
    (line,) = tell(lambda session, size: slow_down(session, 3 if size == 64 else 1.0, canary_only=True))
    assert "the canary ran 3 times slower than usual in logdet-torch-cpu-float32-B100-D64-L2, process 0" in line


@pytest.mark.parametrize(
    ("field", "little", "much", "told"),
    [
        (
            "moved",
            None,
            "canary 1 s in the first third, 2 s in the last",
            "moved during logdet-torch-cpu-float32-B100-D64-L2",
        ),
        ("steal", 0.01, 0.2, "the host ran other guests for up to 20 % of the time in logdet"),
        ("load_of_others", 0.4, 0.9, "other work took over half a core in logdet"),
        ("throttled_s", 0.1, 3.0, "quota held threads back for up to 3 s in logdet"),
        ("mhz", 2400.0, 1800.0, "the clock was over 10 % below its usual in logdet"),
    ],
)
def test_what_the_state_recorded_is_told_where_it_happened(tell, field, little, much, told):
    (line,) = tell(lambda session, size: session.update(state=QUIET | {field: much if size == 64 else little}))
    assert told in line
    assert "D128" not in line


def test_repetitions_are_counted(tell):
    state = QUIET | {"moved": "products 1e+11 FLOP/s at the start, 2e+11 at the end", "repeated": 2}
    (line,) = tell(lambda session, size: session.update(state=state if size == 64 else QUIET))
    assert line.endswith("2e+11 at the end, after 2 repetitions")


def test_warnings_of_the_system_are_told_once(tell):
    def edit(session, size):
        session["environment"]["warnings"] = ["swap in use: 1.2 GiB"] if size > 256 else []

    assert tell(edit) == ["swap in use: 1.2 GiB (in 5 sessions)"]
