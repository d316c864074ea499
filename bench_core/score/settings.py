"""Constants of the family that its problem, kernels and formulas share."""

from __future__ import annotations

from bench_core.method import check_whole

# Numbers of the samples' Jacobians that a kernel holds at once: on the CPU what stays near the caches, on a GPU what
# keeps it busy. ``curl_dense`` on two cores, float32, L = 2, by 2^19, 2^20, 2^21 and 2^22 numbers, torch and JAX:
# d = 128, H = 256, B = 128 18, 18, 18, 18 and 10, 11, 20, 20 ms; d = 256, H = 512 134, 138, 159, 189 and 62, 68, 82,
# 104 ms; d = 512, H = 512, B = 32 87, 90, 98, 109 and 40, 41, 43, 55 ms.
CHUNK = {"cpu": 1 << 19, "cuda": 1 << 26}


def chunk(device: str) -> int:
    """Numbers of the samples' Jacobians that a kernel holds at once on this device."""
    return CHUNK[device]


def check_probes(k: int, samples: int) -> None:
    """Raise ``ValueError`` in one line where k probes of a sample are no number of them, or not independent ones."""
    if check_whole("k", k, "number of probes") > samples:
        raise ValueError(f"k = {k} probes with B = {samples}; allowed: 1 to {samples}, one independent probe a sample")
