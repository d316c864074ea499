"""The CUDA devices that this process may use, by the names that ``CUDA_VISIBLE_DEVICES`` takes."""

from __future__ import annotations

import os

from benchmarks.harness import gpu


def visible_cards() -> tuple[str, ...]:
    """Numbers or identifiers, in the driver's order; none where there is no driver.

    Of those that ``CUDA_VISIBLE_DEVICES`` names the driver shows the ones before the first that it does not know.
    """
    count, named = gpu.count(), os.environ.get("CUDA_VISIBLE_DEVICES")
    names = [str(number) for number in range(count)] if named is None else [each.strip() for each in named.split(",")]
    return tuple(names[:count])
