"""The card's state as NVML tells it, all of it optional, and when its clock makes a session one to be repeated."""

from __future__ import annotations

import os
import sys
import types

import pytest

from benchmarks.harness import gpu, state
from benchmarks.harness.card_state import CardState, slow

ADDRESS = "0000:65:00.0"


class NVML(types.ModuleType):
    """pynvml as far as it is asked: one card at 1,980 MHz by default that runs at ``clock``."""

    NVML_CLOCK_SM, NVML_CLOCK_MEM, NVML_TEMPERATURE_GPU, nvmlMemory_v2 = 1, 2, 0, 0x2000028

    def __init__(self):
        super().__init__("pynvml")
        self.NVMLError = type("NVMLError", (Exception,), {})
        self.clock, self.mask, self.used, self.open, self.looks = 1755, 0x4, 3 << 30, 0, 0
        self.processes = [(os.getpid(), 2 << 30), (1, 5 << 20), (2, None)]

    def nvmlInit(self):
        self.open += 1

    def nvmlShutdown(self):
        self.open -= 1

    def nvmlDeviceGetHandleByPciBusId(self, address):
        assert address == ADDRESS
        return "handle"

    def nvmlDeviceGetClockInfo(self, handle, kind):
        assert handle == "handle"
        self.looks += 1
        return {1: self.clock, 2: 2619}[kind]

    def nvmlDeviceGetDefaultApplicationsClock(self, handle, kind):
        raise self.NVMLError("Not Supported")

    def nvmlDeviceGetMaxClockInfo(self, handle, kind):
        return {1: 1980}[kind]

    def nvmlDeviceGetPowerUsage(self, handle):
        return 312_500

    def nvmlDeviceGetTemperature(self, handle, sensor):
        return 48

    def nvmlDeviceGetCurrentClocksEventReasons(self, handle):
        return self.mask

    def nvmlDeviceGetMemoryInfo(self, handle, version=None):
        return types.SimpleNamespace(used=self.used + (0 if version else 600 << 20))

    def nvmlDeviceGetComputeRunningProcesses(self, handle):
        return [types.SimpleNamespace(pid=pid, usedGpuMemory=used) for pid, used in self.processes]


@pytest.fixture
def nvml(monkeypatch):
    library = NVML()
    monkeypatch.setitem(sys.modules, "pynvml", library)
    monkeypatch.setattr(gpu, "first_visible", lambda: (ADDRESS, "NVIDIA H100"))
    return library


def _summary(rounds=3):
    card = CardState()
    card.begin()
    for count in range(rounds):
        card.look(count)
    found = card.summary()
    card.close()
    return found


def test_everything_is_read_before_and_after_the_rounds(nvml):
    found = _summary()
    assert found is not None
    reading = {
        "sm_mhz": 1755,
        "memory_mhz": 2619,
        "power_w": 312.5,
        "temperature_c": 48,
        "reasons": ["software power cap"],
        "others_bytes": 5 << 20,
    }
    assert found == {
        "default_sm_mhz": 1980,
        "sm_mhz": 1755,
        "sm_mhz_samples": [1755, 1755, 1755],
        "reasons": ["software power cap"],
        "taken_at_start_bytes": 3 << 30,
        "before": reading,
        "after": reading,
    }
    assert nvml.open == 0


def test_the_clock_for_applications_is_the_default_where_there_is_one(nvml):
    nvml.nvmlDeviceGetDefaultApplicationsClock = lambda handle, kind: 1410
    assert (_summary() or {})["default_sm_mhz"] == 1410


def test_reasons_have_names_also_those_that_are_not_known(nvml):
    nvml.mask = 0x40 | 0x8 | 0x4000
    found = _summary() or {}
    assert found["reasons"] == ["hardware slowdown", "hardware thermal slowdown", "reason 0x4000"]
    nvml.mask = 0
    assert (_summary() or {})["before"]["reasons"] == []


def test_a_driver_of_other_names_and_one_that_does_not_answer(nvml):
    def refuse(*_, **__):
        raise nvml.NVMLError("Not Supported")

    names = [name for name in vars(NVML) if name.startswith("nvmlDeviceGet") and "Handle" not in name]
    for name in names:
        setattr(nvml, name, refuse)
    nvml.nvmlDeviceGetCurrentClocksThrottleReasons = lambda handle: 0x20
    found = _summary()
    assert found is not None
    assert found["reasons"] == ["software thermal slowdown"]
    assert found["sm_mhz"] is found["default_sm_mhz"] is found["taken_at_start_bytes"] is None
    assert {value for name, value in found["after"].items() if name != "reasons"} == {None}
    assert slow(found) is None


def test_a_process_that_nvml_does_not_list_knows_nothing_of_others(nvml):
    nvml.processes = [(1, 5 << 20)]
    assert (_summary() or {})["after"]["others_bytes"] is None


def test_of_many_rounds_every_fourth_is_looked_at(nvml):
    assert len((_summary(100) or {})["sm_mhz_samples"]) == 8 + 23


@pytest.mark.parametrize("missing", ["card", "package", "library"])
def test_without_nvml_there_is_no_state_and_nothing_breaks(nvml, monkeypatch, missing):
    if missing == "card":
        monkeypatch.setattr(gpu, "first_visible", lambda: None)
    elif missing == "package":
        monkeypatch.setitem(sys.modules, "pynvml", None)
    else:
        monkeypatch.setattr(nvml, "nvmlInit", lambda: nvml.nvmlDeviceGetDefaultApplicationsClock(0, 0))
    assert _summary() is None
    assert nvml.open == 0


@pytest.mark.parametrize(("clock", "is_slow"), [(1980, False), (1500, False), (1480, True), (345, True)])
def test_a_card_below_three_quarters_of_its_clock_counts_as_moved(nvml, clock, is_slow):
    nvml.clock, nvml.mask = clock, 0x1 | 0x4
    found = state.summary({}, None, [], card=_summary())
    if not is_slow:
        assert found["moved"] is None
        return
    assert found["moved"] == (
        f"the card's clock was {clock} MHz in the rounds, below 75% of its default 1980 MHz (software power cap)"
    )


def test_a_session_on_the_processor_has_no_card():
    assert state.summary({}, None, [])["card"] is None
