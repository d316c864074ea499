"""The card's state while a session ran, by NVML: clocks, power, temperature, what held it back, who else was there.

Everything is optional: what NVML does not answer is None, and without NVML there is no state at all.
"""

from __future__ import annotations

import contextlib
import os
import statistics
from collections.abc import Callable
from typing import Any

from benchmarks.harness import gpu

# A card whose clock under load is below this share of its default is not the card that its name promises.
LEAST_CLOCK = 0.75
EVERY = 4  # rounds between two looks, once there were FIRST
FIRST = 8
_NAMES = {
    0x1: "idle",
    0x2: "application clocks setting",
    0x4: "software power cap",
    0x8: "hardware slowdown",
    0x10: "sync boost",
    0x20: "software thermal slowdown",
    0x40: "hardware thermal slowdown",
    0x80: "hardware power brake",
    0x100: "display clock setting",
}


class CardState:
    """The first visible card as NVML sees it. Made before the process has a context on it, whose memory would count as
    taken.
    """

    def __init__(self) -> None:
        self._keep = contextlib.ExitStack()
        found = gpu.first_visible()
        self._nvml, self._handle = self._keep.enter_context(gpu.nvml(found[0])) if found else (None, None)
        self._taken = self._memory()
        self._clocks: list[float] = []
        self._reasons: set[str] = set()
        self._before: dict[str, Any] | None = None

    def begin(self) -> None:
        """Read the card before the rounds; what was noted in earlier ones is forgotten."""
        self._clocks, self._reasons = [], set()
        self._before = self._reading()

    def look(self, count: int) -> None:
        """Note the clock and what holds it back, after a round: the card has just worked, and no sample is running."""
        if self._nvml is None or (count >= FIRST and count % EVERY):
            return
        if (clock := self._clock("SM")) is not None:
            self._clocks.append(clock)
        self._reasons.update(self._held_back() or ())

    def summary(self) -> dict[str, Any] | None:
        """The record's ``state.card``, read after the rounds; None where NVML cannot be asked."""
        if self._nvml is None:
            return None
        return {
            "default_sm_mhz": self._default(),
            "sm_mhz": statistics.median(self._clocks) if self._clocks else None,
            "sm_mhz_samples": self._clocks,
            "reasons": sorted(self._reasons),
            "taken_at_start_bytes": self._taken,
            "before": self._before,
            "after": self._reading(),
        }

    def close(self) -> None:
        self._keep.close()

    def _reading(self) -> dict[str, Any]:
        power = self._ask(lambda nvml, handle: nvml.nvmlDeviceGetPowerUsage(handle))
        return {
            "sm_mhz": self._clock("SM"),
            "memory_mhz": self._clock("MEM"),
            "power_w": None if power is None else power * 1e-3,
            "temperature_c": self._ask(
                lambda nvml, handle: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU)
            ),
            "reasons": self._held_back(),
            "others_bytes": self._others(),
        }

    def _clock(self, kind: str) -> float | None:
        return self._ask(lambda nvml, handle: nvml.nvmlDeviceGetClockInfo(handle, getattr(nvml, f"NVML_CLOCK_{kind}")))

    def _default(self) -> float | None:
        """The card's default SM clock: that for applications, of which newer drivers know nothing, or the largest."""
        ways = ("nvmlDeviceGetDefaultApplicationsClock", "nvmlDeviceGetMaxClockInfo")
        known = (
            self._ask(lambda nvml, handle, way=way: getattr(nvml, way)(handle, nvml.NVML_CLOCK_SM)) for way in ways
        )
        return next((clock for clock in known if clock), None)

    def _held_back(self) -> list[str] | None:
        """Why the clocks are not higher, by name."""
        ways = ("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons")
        known = (self._ask(lambda nvml, handle, way=way: getattr(nvml, way)(handle)) for way in ways)
        mask = next((mask for mask in known if mask is not None), None)
        if mask is None:
            return None
        bits = [1 << place for place in range(64) if mask >> place & 1]
        return [_NAMES.get(bit, f"reason {bit:#x}") for bit in bits]

    def _memory(self) -> int | None:
        """Bytes that processes have taken of the card's memory."""
        used = self._ask(lambda nvml, handle: nvml.nvmlDeviceGetMemoryInfo(handle, version=nvml.nvmlMemory_v2).used)
        # The older question counts what the driver keeps for itself, too.
        return used if used is not None else self._ask(lambda nvml, handle: nvml.nvmlDeviceGetMemoryInfo(handle).used)

    def _others(self) -> int | None:
        """Bytes of other processes; None where NVML does not list this one (a container has numbers of its own)."""
        listed = self._ask(lambda nvml, handle: nvml.nvmlDeviceGetComputeRunningProcesses(handle))
        if listed is None or os.getpid() not in {process.pid for process in listed}:
            return None
        return sum(process.usedGpuMemory or 0 for process in listed if process.pid != os.getpid())

    def _ask(self, question: Callable[..., Any]) -> Any:
        """NVML's answer; None where this card, driver or version of the package has none."""
        if self._nvml is None:
            return None
        try:
            return question(self._nvml, self._handle)
        except (self._nvml.NVMLError, AttributeError, TypeError):
            return None


def slow(card: dict[str, Any] | None) -> str | None:
    """In words that the card's median clock in the rounds was below 75 % of its default; None where it was not."""
    if not card or not card["sm_mhz"] or not card["default_sm_mhz"]:
        return None
    if card["sm_mhz"] >= LEAST_CLOCK * card["default_sm_mhz"]:
        return None
    why = [reason for reason in card["reasons"] if reason != _NAMES[0x1]]
    return (
        f"the card's clock was {card['sm_mhz']:.0f} MHz in the rounds, below {LEAST_CLOCK:.0%} of its default"
        f" {card['default_sm_mhz']:.0f} MHz" + (f" ({', '.join(why)})" if why else "")
    )
