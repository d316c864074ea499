"""The other times of a row on CUDA, against a device that counts: how often, in which order, and why one is missing."""

from __future__ import annotations

import contextlib
import sys
import types
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.harness import clock, device_clock, gpu, latency, memory, result, sweep
from benchmarks.harness.preparation import Row

L2 = 50 << 20


class Device:
    """What happened on it, in order; a call takes ``seconds`` by its own clock."""

    def __init__(self):
        self.log: list[str] = []
        self.written: set[int] = set()
        self.seconds, self.now = 1e-3, 0.0

    def run(self):
        self.log.append("run")
        self.now += self.seconds

    def wait(self, out):
        self.log.append("wait")


def _torch(device):
    """torch as far as it is asked."""

    class Event:
        def __init__(self, enable_timing):
            assert enable_timing

        def record(self):
            device.log.append("event")
            self.at = device.now

        def elapsed_time(self, end):
            return 1e3 * (end.at - self.at)

    class Buffer:
        def __init__(self, size):
            self.size = size

        def zero_(self):
            device.log.append("sweep")
            device.written.add(self.size)

    module = types.ModuleType("torch")
    module.__dict__.update(
        uint8="uint8",
        empty=lambda size, dtype, device: Buffer(size),
        cuda=SimpleNamespace(
            Event=Event,
            synchronize=lambda: device.log.append("synchronize"),
            mem_get_info=lambda: (70 << 30, 80 << 30),
            memory_snapshot=list,
        ),
    )
    return module


def _event(start, duration):
    return SimpleNamespace(start_ns=start, duration_ns=duration)


def _plane(name, **lines):
    return SimpleNamespace(name=name, lines=[SimpleNamespace(name=n, events=e) for n, e in lines.items()])


def _jax(device, planes, trace_files=1):
    """jax as far as it is asked; its traces say that the device was busy as ``planes`` tell."""

    @contextlib.contextmanager
    def trace(folder, profiler_options):
        assert profiler_options.python_tracer_level == 0
        device.log.append("trace")
        yield
        for number in range(trace_files):
            file = Path(folder, "plugins", f"host{number}.xplane.pb")
            file.parent.mkdir(exist_ok=True)
            file.touch()

    def from_file(path):
        assert Path(path).exists()
        return SimpleNamespace(planes=planes)

    module = types.ModuleType("jax")
    module.__dict__.update(
        profiler=SimpleNamespace(
            trace=trace, ProfileOptions=SimpleNamespace, ProfileData=SimpleNamespace(from_file=from_file)
        )
    )
    return module


@pytest.fixture
def device(monkeypatch):
    device = Device()
    monkeypatch.setitem(sys.modules, "torch", _torch(device))
    monkeypatch.setattr(gpu, "l2_bytes", lambda: L2)
    return device


def _measure(device, backend="torch", seconds=1e-3, rows=1, deadline=1e9):
    """The journal's events of rows that take so long a call."""
    events: list[dict] = []
    journal = SimpleNamespace(
        begin=lambda *_: None, write=lambda event, **fields: events.append({"event": event, **fields})
    )
    spec = {"cell": {"backend": backend}, "profile": {"block_s": 0.002}, "rounds_deadline_s": deadline}
    device.seconds = seconds
    timed = [Row(f"row {number}", None, device, seconds, 1e6) for number in range(rows)]
    latency.measure(timed, spec, journal, clock.time.perf_counter())  # type: ignore[arg-type]
    assert {event.pop("event") for event in events} == {"times"}
    found: dict[str, dict] = {}
    for event in events:
        found.setdefault(event.pop("row"), {}).update(event)
    return list(found.values())


def test_a_call_alone_is_waited_for_warm_and_after_a_sweep_of_twice_the_cache(device):
    (found,) = _measure(device)
    assert len(found["latency_s"]) == len(found["cold_latency_s"]) == 20
    assert all(seconds > 0 for seconds in found["latency_s"] + found["cold_latency_s"])
    pair = ["run", "wait", "sweep", "synchronize", "run", "wait"]
    alone = ["run", "wait", *20 * pair]
    assert device.log[: len(alone)] == alone
    assert device.written == {2 * L2}
    assert "latency_note" not in found


def test_a_clock_that_drifts_makes_cold_calls_neither_faster_nor_slower(device, monkeypatch):
    """Calls that take a percent longer each time, as on a card that grows hot."""
    monkeypatch.setattr(latency.clock, "sample", lambda kernel, number: next(seconds))
    seconds = (1e-3 * 1.01**call for call in range(1000))
    (found,) = _measure(device)
    ratios = [cold / warm for warm, cold in zip(found["latency_s"], found["cold_latency_s"])]
    assert ratios == pytest.approx(20 * [1.01])


def test_the_devices_clock_is_that_between_events_around_queues(device):
    (found,) = _measure(device, seconds=1e-3)
    assert found["device_s"] == pytest.approx(5 * [1e-3])
    block = ["event", "run", "run", "event", "wait"]
    assert device.log[-5 * len(block) :] == 5 * block


@pytest.mark.parametrize(("seconds", "calls", "blocks"), [(1e-5, 20, 5), (0.03, 3, 3), (0.09, 1, 1)])
def test_a_row_costs_a_bounded_time(device, seconds, calls, blocks):
    (found,) = _measure(device, seconds=seconds)
    assert len(found["latency_s"]) == len(found["cold_latency_s"]) == calls
    assert len(found["device_s"]) == blocks
    assert device.log.count("run") * seconds <= 0.3 + 2 * seconds


def test_a_long_call_has_no_other_times_and_says_so(device):
    (found,) = _measure(device, seconds=0.3)
    note = "a call takes 0.3 s: its samples are single calls, waited for"
    assert found == {
        "latency_s": [],
        "cold_latency_s": [],
        "latency_note": note,
        "device_s": None,
        "device_note": note,
    }
    assert device.log == []


def test_after_the_sessions_time_nothing_is_measured(device):
    (found,) = _measure(device, deadline=-1.0)
    assert found["device_note"] == "the session's time was over before its turn"
    assert device.log == []


def test_without_the_caches_size_there_is_no_cold_call(device, monkeypatch):
    monkeypatch.setattr(gpu, "l2_bytes", lambda: None)
    (found,) = _measure(device)
    assert len(found["latency_s"]) == 20
    assert found["cold_latency_s"] == []
    assert found["latency_note"] == "no cold calls: the CUDA driver does not tell the size of the L2 cache"
    assert sweep.sweeper("torch") is None


def test_a_call_that_fails_here_costs_neither_the_row_nor_the_session(device, monkeypatch):
    calls = iter(range(1000))

    def run():
        if next(calls) == 7:
            raise RuntimeError("CUDA out of memory.")

    monkeypatch.setattr(device, "run", run)
    first, second = _measure(device, rows=2)
    assert first["latency_note"] == "RuntimeError: CUDA out of memory."
    assert first["latency_s"] == []
    assert len(second["latency_s"]) == 20
    assert len(first["device_s"]) == 5


# -- JAX's traces ---------------------------------------------------------------------------------------------------


PLANES = [
    _plane("/host:CPU", python=[_event(0, 1e9)]),
    _plane(
        "/device:GPU:0",
        **{
            "Stream #13(Compute)": [_event(100, 50), _event(1000, 10), _event(120, 50)],
            "Stream #14(MemcpyD2D)": [_event(140, 60), _event(2000, 20)],
            "XLA Ops": [_event(0, 1e6)],
        },
    ),
]


def test_a_device_is_busy_while_a_stream_is():
    assert device_clock.busy_ns(PLANES) == 100 + 10 + 20
    assert device_clock.busy_ns(PLANES[:1]) == 0


def _with_jax(device, monkeypatch, module):
    monkeypatch.setitem(sys.modules, "jax", module)
    monkeypatch.setattr(latency, "sweeper", lambda backend: lambda: device.log.append("sweep"))
    monkeypatch.setattr(memory, "free", lambda backend, device: 70e9)


def test_jaxs_device_time_is_of_one_traced_queue_after_all_latencies(device, monkeypatch):
    _with_jax(device, monkeypatch, _jax(device, PLANES))
    found = _measure(device, "jax", seconds=1e-3, rows=2)
    for row in found:
        assert row["device_s"] == pytest.approx([130e-9 / 20])
        assert len(row["cold_latency_s"]) == 20
    traced = ["trace", *20 * ["run"], "wait"]
    assert device.log[-2 * len(traced) :] == 2 * traced
    assert device.log.index("trace") == len(device.log) - 2 * len(traced)


@pytest.mark.parametrize(
    ("planes", "files", "note"),
    [
        (PLANES[:1], 1, "the profiler's trace has no stream of a GPU"),
        ([], 1, "the profiler's trace has no stream of a GPU"),
        (PLANES, 0, "the profiler wrote no trace"),
    ],
)
def test_a_trace_without_a_gpu_is_no_time(device, monkeypatch, planes, files, note):
    _with_jax(device, monkeypatch, _jax(device, planes, files))
    (found,) = _measure(device, "jax")
    assert (found["device_s"], found["device_note"]) == (None, note)


def test_a_jax_that_cannot_read_its_traces_takes_none(device, monkeypatch):
    module = _jax(device, PLANES)
    del module.profiler.ProfileData
    _with_jax(device, monkeypatch, module)
    (found,) = _measure(device, "jax")
    assert (found["device_s"], found["device_note"]) == (None, "this jax has no profiler.ProfileData")
    assert "trace" not in device.log


def test_traces_take_a_bounded_time_of_the_session(device, monkeypatch):
    monkeypatch.setattr(latency, "TRACES_S", 0.0)
    monkeypatch.setattr(latency, "TRACES_SHARE", 0.0)
    _with_jax(device, monkeypatch, _jax(device, PLANES))
    for found in _measure(device, "jax", rows=3):
        assert found["device_note"] == "the session's time for traces was over before its turn"
        assert found["latency_s"]


def test_this_jax_reads_its_own_traces(tmp_path):
    """Of what the processor did there is a plane, and none of a GPU: that is no time of 0 s."""
    jax = pytest.importorskip("jax")
    product = jax.jit(lambda a: a @ a).lower(jax.numpy.ones((8, 8))).compile()
    kernel = SimpleNamespace(run=lambda: product(jax.numpy.ones((8, 8))), wait=jax.block_until_ready)
    with pytest.raises(device_clock.Unknown, match="no stream of a GPU"):
        device_clock.by_trace(kernel, 3, 3)


def test_times_of_a_row_that_turned_out_wrong_are_none():
    found = result.Result()
    for name, outcome in (("right", "ok"), ("wrong", "wrong")):
        found.take({"event": "row", "row": name, "outcome": outcome, "reason": ""})
        found.take({"event": "times", "row": name, "latency_s": [1.0], "cold_latency_s": [2.0]})
    assert found.rows["right"]["latency_s"] == [1.0]
    assert "latency_s" not in found.rows["wrong"]
