"""Constants of the family that its problem, kernels and formulas share."""

from __future__ import annotations

from bench_core.method import check_whole

CHUNK = 1 << 24  # numbers of the dense Jacobians that curl_dense holds at once


def check_probes(k: int, samples: int) -> None:
    """Raise ``ValueError`` in one line where k probes of a sample are no number of them, or not independent ones."""
    if check_whole("k", k, "number of probes") > samples:
        raise ValueError(f"k = {k} probes with B = {samples}; allowed: 1 to {samples}, one independent probe a sample")
