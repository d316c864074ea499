"""Constants of the family that its problem, kernels and formulas share."""

from __future__ import annotations

# Numbers of the samples' Jacobians that a kernel holds at once: on the CPU what its memory has to spare, on a GPU what
# keeps it busy.
CHUNK = {"cpu": 1 << 24, "cuda": 1 << 26}


def chunk(device: str) -> int:
    """Numbers of the samples' Jacobians that a kernel holds at once on this device."""
    return CHUNK[device]


def check_probes(k: int, samples: int) -> None:
    """Raise ``ValueError`` in one line where k probes of a sample would not be independent ones."""
    if not 1 <= k <= samples:
        raise ValueError(f"k = {k} probes with B = {samples}; allowed: 1 to {samples}, one independent probe a sample")
