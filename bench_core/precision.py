"""Precisions: what a cell's dtype says of its arrays and products, and how right an exact answer must be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Precision:
    """What a dtype stands for.

    numbers    type of the arrays' numbers, as both frameworks name it
    itemsize   bytes of one
    eps        spacing at 1 of the numbers that are multiplied, twice their unit roundoff
    tolerance  the largest relative error with which an exact answer counts as right
    devices    where it is timed
    """

    numbers: str
    itemsize: int
    eps: float
    tolerance: float
    devices: tuple[str, ...] = ("cpu", "cuda")


# tf32 keeps float32 arrays and rounds what it multiplies to 11 significant bits; bfloat16 keeps 8 in every array. Both
# add up in float32: an answer's error grows with the number of products in a row and hardly with the sizes. Emulated
# on a processor exact answers are within 2 eps, steps (whose error counts against the update) within 6: 16 leave room
# for deeper networks, and for no wrong formula. Nothing is timed in them there.
PRECISIONS = {
    "float32": Precision("float32", 4, 2.0**-23, 1e-4),
    "float64": Precision("float64", 8, 2.0**-52, 1e-10),
    "tf32": Precision("float32", 4, 2.0**-10, 2.0**-6, ("cuda",)),
    "bfloat16": Precision("bfloat16", 2, 2.0**-7, 2.0**-3, ("cuda",)),
}
DTYPES = tuple(PRECISIONS)
# Where an LU exists, and where a solver's tolerance or a quadrature's error is more than rounding.
FINE = tuple(dtype for dtype in DTYPES if dtype != "bfloat16")
