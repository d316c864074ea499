"""Constants of the family that its problem, kernels and formulas share."""

from __future__ import annotations

CHUNK = 1 << 24  # numbers of the dense Jacobians that curl_dense holds at once
