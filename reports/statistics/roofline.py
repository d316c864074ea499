"""The roofline: the time no method can beat on this machine, from its measured ceiling."""

from dataclasses import dataclass

from ._check import check_number


@dataclass(frozen=True)
class Ceiling:
    """Measured best rates of a machine: floating-point operations and copied bytes per second.

    Raises ValueError for rates that are not positive and finite.
    """

    flops_per_s: float
    bytes_per_s: float

    def __post_init__(self) -> None:
        for name in ("flops_per_s", "bytes_per_s"):
            if check_number(name, getattr(self, name), 0.0) == 0:
                raise ValueError(f"{name} must be positive, got 0")


def attainable_seconds(flops: float, bytes_moved: float, ceiling: Ceiling) -> float:
    """Seconds at the ceiling: max(flops / peak, bytes / bandwidth).

    Raises ValueError for negative or non-finite work, or none at all.
    Source: Williams, Waterman and Patterson (2009), Commun. ACM 52(4), 65, with measured in place of datasheet rates.
    """
    flops, bytes_moved = check_number("flops", flops, 0.0), check_number("bytes_moved", bytes_moved, 0.0)
    if flops == bytes_moved == 0:
        raise ValueError("a roofline needs work: flops or bytes_moved must be positive, got 0 and 0")
    return max(flops / ceiling.flops_per_s, bytes_moved / ceiling.bytes_per_s)
