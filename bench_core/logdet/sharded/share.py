"""One device's share of a method by formula: what it computes, moves, sends and holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench_core.logdet.cost import INVERSE
from bench_core.logdet.sharded.traffic import exchanges
from bench_core.method import Method
from bench_core.precision import PRECISIONS


@dataclass(frozen=True)
class Share:
    """What no device does without, leading terms.

    flops       floating-point operations, two for a multiply-add
    bytes       between its memory and its processor
    wire_bytes  that it sends
    peak_bytes  that it holds at once, parameters, data and results included
    """

    flops: float
    bytes: float
    wire_bytes: float
    peak_bytes: float


def share(method: Method, problem: Any, devices: int, dtype: str = "float32") -> Share:
    """Products, matrices and results are divided by the number of devices; a factorisation is not, and every device has
    the whole of that matrix twice: its factors, and what is solved for, which on one device is the result. What is
    exchanged is written and read whole. Over several, products with triangular factors are dense ones, with a copy of
    the triangle.

    Whether the sizes can be cut into so many equal pieces is not asked.
    """
    p, cost, itemsize = problem, method.cost(problem, dtype), PRECISIONS[dtype].itemsize
    square, batch = float(itemsize * p.D**2), float(itemsize * p.B * p.D)
    traffic = exchanges(method, problem, devices, dtype)
    factored = method.name == "inverse"
    own = INVERSE * p.L * p.D**3 if factored else 0.0
    triangles = method.computes == "factors" and devices > 1
    flops = (6 * p.L - 1) * 2.0 * p.B * p.D**2 if triangles else cost.flops
    held = (p.L if method.in_place else 2 * p.L) * square / devices + batch + triangles * square / devices
    return Share(
        flops=(flops - own) / devices + own,
        bytes=cost.bytes / devices + 2 * sum(traffic.payload_bytes.values()),
        wire_bytes=traffic.wire_bytes,
        peak_bytes=held + ((2 if devices > 1 else 1) * square if factored else batch),
    )
