"""Which card the facts are of: the one that the CUDA driver shows first, not the first of the machine."""

from __future__ import annotations

import ctypes
import sys
import types

import pytest

from benchmarks.harness import asv_plugin, environment, gpu

MEMORY = {"0000:17:00.0": 40 << 30, "0000:65:00.0": 80 << 30}
L2 = {"0000:17:00.0": 40 << 20, "0000:65:00.0": 50 << 20}
CARDS = {"0000:17:00.0": "NVIDIA A100", "0000:65:00.0": "NVIDIA H100"}


class _Driver:
    """libcuda as far as it is asked: the visible cards' addresses, in the driver's order."""

    def __init__(self, visible: list[str]):
        self.visible = visible

    def cuInit(self, flags):
        return 0

    def cuDeviceGet(self, device, ordinal):
        device._obj.value = ordinal
        return 0 if ordinal < len(self.visible) else 101

    def cuDeviceGetCount(self, count):
        count._obj.value = len(self.visible)
        return 0

    def cuDeviceGetPCIBusId(self, text, length, device):
        text.value = self.visible[device.value].encode()
        return 0

    def cuDeviceGetName(self, text, length, device):
        text.value = CARDS[self.visible[device.value]].encode()
        return 0

    def cuDeviceTotalMem_v2(self, size, device):
        size._obj.value = MEMORY[self.visible[device.value]]
        return 0

    def cuDeviceGetAttribute(self, value, attribute, device):
        assert attribute == 38
        value._obj.value = L2[self.visible[device.value]]
        return 0


def _nvml(answer=lambda text: text):
    """pynvml as far as it is asked, for the whole machine."""
    module = types.ModuleType("pynvml")
    module.__dict__.update(
        NVMLError=type("NVMLError", (Exception,), {}),
        nvmlInit=lambda: None,
        nvmlShutdown=lambda: None,
        nvmlDeviceGetHandleByPciBusId=lambda address: address,
        nvmlDeviceGetName=lambda handle: answer(CARDS[handle] + " by NVML"),
        nvmlSystemGetDriverVersion=lambda: answer("570.1"),
    )
    return module


@pytest.fixture
def show(monkeypatch):
    load = ctypes.CDLL

    def show(visible: list[str] | None, nvml: types.ModuleType | None) -> None:
        """``visible``: None where there is no CUDA driver."""

        def find(name, *arguments, **options):
            if name != "libcuda.so.1":
                return load(name, *arguments, **options)
            if visible is None:
                raise OSError(name)
            return _Driver(visible)

        monkeypatch.setattr(ctypes, "CDLL", find)
        monkeypatch.setitem(sys.modules, "pynvml", nvml)  # None: not installed

    return show


@pytest.mark.parametrize("answer", [str, str.encode])
def test_the_card_is_the_first_visible_one(show, answer):
    show(["0000:65:00.0"], _nvml(answer))
    assert gpu.facts() == {"gpu": "NVIDIA H100 by NVML", "driver": "570.1"}
    assert asv_plugin._gpu() == {"gpu": "NVIDIA H100 by NVML"}
    found = environment.describe("cuda", 1)
    assert (found["gpu"], found["driver"]) == ("NVIDIA H100 by NVML", "570.1")
    found = environment.describe("cpu", 1)
    assert (found["gpu"], found["driver"]) == (None, None)


def test_without_the_package_or_its_library_the_name_is_the_drivers(show):
    show(["0000:65:00.0"], None)
    assert gpu.facts() == {"gpu": "NVIDIA H100", "driver": None}
    broken = _nvml()

    def refuse():
        raise broken.NVMLError("Function Not Found")

    broken.nvmlInit = refuse
    show(["0000:65:00.0"], broken)
    assert gpu.facts() == {"gpu": "NVIDIA H100", "driver": None}


@pytest.mark.parametrize("visible", [[], None])
def test_where_no_card_is_visible_there_are_no_facts(show, visible):
    show(visible, _nvml())
    assert gpu.facts() == gpu.NOTHING
    assert asv_plugin._gpu() == {}


@pytest.mark.parametrize(("visible", "size"), [(["0000:65:00.0"], 50 << 20), (["0000:17:00.0"], 40 << 20), ([], None)])
def test_the_size_of_the_cache_is_the_first_visible_cards(show, visible, size):
    show(visible, None)
    assert gpu.l2_bytes() == size
    show(None, None)
    assert gpu.l2_bytes() is None


@pytest.mark.parametrize(("visible", "size"), [(["0000:65:00.0"], 80 << 30), (["0000:17:00.0"], 40 << 30), ([], None)])
def test_what_rows_may_take_on_a_card_is_all_of_its_memory(show, visible, size):
    show(visible, None)
    assert environment.describe("cuda", 1)["device_memory_bytes"] == size


@pytest.mark.parametrize(("limit", "expected"), [(1000, 1000), (1 << 59, None), (None, None)])
def test_what_rows_may_take_on_the_processor_is_what_the_group_allows(monkeypatch, limit, expected):
    monkeypatch.setattr(environment.cgroup, "memory_bytes", lambda: limit)
    found = environment.describe("cpu", 1)
    assert found["device_memory_bytes"] == (expected or found["memory_bytes"])


@pytest.mark.parametrize(("visible", "number"), [(None, 0), ([], 0), (list(CARDS), 2)])
def test_the_driver_counts_what_it_shows(show, visible, number):
    show(visible, None)
    assert gpu.count() == number
