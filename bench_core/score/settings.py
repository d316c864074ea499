"""Constants of the family that its problem, kernels and formulas share."""

from __future__ import annotations

CHUNK = 1 << 24  # numbers of the dense Jacobians that curl_dense holds at once


def check_probes(k: int, samples: int) -> None:
    """Raise ``ValueError`` in one line where k probes of a sample would not be independent ones."""
    if not 1 <= k <= samples:
        raise ValueError(f"k = {k} probes with B = {samples}; allowed: 1 to {samples}, one independent probe a sample")
