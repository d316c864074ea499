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

    @property
    def balance(self) -> float:
        """FLOPs per byte at which arithmetic and memory take equally long."""
        return self.flops_per_s / self.bytes_per_s


def attainable_seconds(flops: float, bytes_moved: float, ceiling: Ceiling) -> float:
    """Seconds at the ceiling: max(flops / peak, bytes / bandwidth).

    Raises ValueError for negative or non-finite work, or none at all.
    Source: Williams, Waterman and Patterson (2009), Commun. ACM 52(4), 65, with measured in place of datasheet rates.
    """
    flops, bytes_moved = check_number("flops", flops, 0.0), check_number("bytes_moved", bytes_moved, 0.0)
    if flops == bytes_moved == 0:
        raise ValueError("a roofline needs work: flops or bytes_moved must be positive, got 0 and 0")
    return max(flops / ceiling.flops_per_s, bytes_moved / ceiling.bytes_per_s)


def name_bound(flops: float, bytes_moved: float, ceiling: Ceiling) -> str:
    """What limits this work at the ceiling: `arithmetic` or `memory`. Raises ValueError as `attainable_seconds`."""
    attainable = attainable_seconds(flops, bytes_moved, ceiling)
    return "arithmetic" if flops / ceiling.flops_per_s == attainable else "memory"


def share_of_ceiling(elapsed_s: float, flops: float, bytes_moved: float, ceiling: Ceiling) -> float:
    """Attainable seconds over elapsed seconds: 1 is the ceiling.

    Not clipped: a share above 1 says that the cost formula counts too much, or that caches beat the measured copy.
    Raises ValueError for an elapsed time that is not positive and finite, and as `attainable_seconds` does.
    """
    if check_number("elapsed_s", elapsed_s, 0.0) == 0:
        raise ValueError("elapsed_s must be positive, got 0")
    return attainable_seconds(flops, bytes_moved, ceiling) / elapsed_s
