"""Constants of the family that its problem, kernels and formulas share."""

from __future__ import annotations

from bench_core.method import check_whole

# Numbers of the samples' Jacobians that a kernel holds at once: on the CPU what stays near the caches, on a GPU what
# keeps it busy. ``curl_dense`` on two cores, float32, L = 2, by 2^24 and by 2^21 numbers, torch and JAX: d = 256, B =
# 128 94 to 70 and 31 to 14 ms; d = 1,024, B = 16 148 to 194 and 54 to 19 (by 2^20 101 to 107 and 16 to 24).
CHUNK = {"cpu": 1 << 21, "cuda": 1 << 26}


def chunk(device: str) -> int:
    """Numbers of the samples' Jacobians that a kernel holds at once on this device."""
    return CHUNK[device]


def check_probes(k: int, samples: int) -> None:
    """Raise ``ValueError`` in one line where k probes of a sample are no number of them, or not independent ones."""
    if check_whole("k", k, "number of probes") > samples:
        raise ValueError(f"k = {k} probes with B = {samples}; allowed: 1 to {samples}, one independent probe a sample")
