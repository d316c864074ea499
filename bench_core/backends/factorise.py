"""torch's batched LU on the CPU is a trap: which matrices go around it."""

from __future__ import annotations

import torch
from torch import Tensor

# torch 2.13.0's batched LU on the CPU is wrong, an error or never done with two threads and more, whichever the
# processor makes of it: each thread takes matrices of its own, and LAPACK goes parallel inside each from m n = 40,000
# on. Smaller ones are right, and two to twenty times faster in one call (D = 127 and D = 10, 64 matrices, two
# threads); 128 leaves 40,000 a factor of two and more.
ALONE = 128


def alone(matrices: Tensor) -> bool:
    """Whether matrices (n, i, i) must be factorised one at a time."""
    return matrices.device.type == "cpu" and matrices.shape[1] >= ALONE and torch.get_num_threads() > 1
