"""What the devices send each other: collectives, and the formulas for them that tests hold to the programs.

Along a ring each of n devices sends (n - 1) / n of an array that is gathered and 2 (n - 1) / n of one that is summed;
no algorithm sends less (Patarasuk and Yuan 2009).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from bench_core.method import Method
from bench_core.precision import PRECISIONS

# How often an array travels along the ring, in (n - 1) / n of its bytes.
TURNS = {"all-reduce": 2, "all-gather": 1, "reduce-scatter": 1, "all-to-all": 1}


@dataclass(frozen=True)
class Collective:
    """An exchange of ``bytes``, those of the whole array that is summed or put together, among ``devices``."""

    kind: str
    bytes: float
    devices: int

    @property
    def wire_bytes(self) -> float:
        """Bytes that each device sends along a ring."""
        return TURNS[self.kind] * (self.devices - 1) / self.devices * self.bytes


@dataclass(frozen=True)
class Traffic:
    """The exchanges of one call."""

    collectives: tuple[Collective, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of each kind."""
        return dict(Counter(each.kind for each in self.collectives))

    @property
    def payload_bytes(self) -> dict[str, float]:
        """Bytes of the arrays of each kind."""
        return {kind: sum(each.bytes for each in self.collectives if each.kind == kind) for kind in self.counts}

    @property
    def wire_bytes(self) -> float:
        """Bytes that each device sends."""
        return sum(each.wire_bytes for each in self.collectives)

    @property
    def largest_bytes(self) -> float:
        """Bytes of the largest array that is exchanged: of a W that is gathered all of it."""
        return max((each.bytes for each in self.collectives), default=0.0)

    def to_json(self) -> dict[str, Any]:
        """What a record holds of it."""
        return {
            "counts": self.counts,
            "payload_bytes": self.payload_bytes,
            "wire_bytes": self.wire_bytes,
            "largest_bytes": self.largest_bytes,
        }


def exchanges(method: Method, problem: Any, devices: int, dtype: str = "float32") -> Traffic:
    """The exchanges of one call of a method that lies as ``layout.py`` says, B <= D.

    Of L layers R = ceil(L / 2) are cut by their outputs. ``relative`` sums L + R - 1 arrays (B, D), one a layer with
    two layers: Y of a layer cut by its inputs, ``Y W`` of one cut by its outputs, and what that one hands back to a
    layer below it; and R arrays (B,), ``Y b``. ``inverse`` sums L - 1 arrays (B, D) and gathers every W.

    Steps sum Y of each layer, (B, D). They gather, 3L - 4 arrays (B, D), what layers but the last hold columns of: Y
    or Delta twice for the update, and Delta once for the layer below. ``value_tracking`` sums ``Y Delta^T``, (B, B), of
    all layers but the last.

    ``lu_layer`` puts together what each of a layer's two products gives on the way forward, and sums what each gives on
    the way back but the last: 4L - 1 arrays (B, D), whichever the frameworks do of the two.

    The frameworks differ in three places. XLA reorders columns where they are and sums, DTensor gathers them. DTensor
    gathers a factor of ``Delta^T Z`` where ``inverse`` adds it to a whole W^-T. XLA cuts the biases' update as Delta is
    cut, which sums arrays (B,) and gathers ones (D,).
    """
    if devices == 1:
        return Traffic(())
    p, itemsize, xla = problem, PRECISIONS[dtype].itemsize, method.backend == "jax"
    L, outputs = p.L, -(-p.L // 2)
    batch, row, vector = p.B * p.D, p.B, p.D
    summed: list[int] = []
    gathered: list[int] = []
    if method.name == "relative":
        summed = [batch] * (L + outputs - 1) + [row] * outputs
    elif method.name == "inverse":
        summed, gathered = [batch] * (L - 1), [p.D**2] * L + ([] if xla else [batch] * L)
    elif method.name == "lu_layer":
        forward = L if xla else 2 * L
        summed, gathered = [batch] * (4 * L - 1 - forward), [batch] * forward
    else:
        summed, gathered = [batch] * L, [batch] * max(3 * L - 4, 0)
        if method.computes == "value":
            summed += [p.B**2] * (L - 1)
        if xla:
            summed += [row] * (L - 1)
            gathered += [vector] * (L - 1)
    kinds = {"all-reduce": summed, "all-gather": gathered}
    return Traffic(
        tuple(Collective(kind, float(itemsize * n), devices) for kind, sizes in kinds.items() for n in sizes)
    )
