"""Dormand and Prince's steps along a fixed path, every sample with steps of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from bench_core.line_integral.settings import DOPRI5_ERRORS, DOPRI5_NODES, DOPRI5_WEIGHTS, STEPS
from bench_core.method import check_share

# How much longer or shorter the next step may be, and what is taken off a length that would just do.
MOST, LEAST, SAFETY = 10.0, 0.2, 0.9
FIRST = 0.01  # of the tolerance: the error that the first step is as long for, were the integrand's size its derivative


class Taken(NamedTuple):
    """``y`` (B, d) at the end of the path, not a number for a sample whose steps did not end; the accepted steps'
    ``rows`` (n,), ``starts`` (n,) and ``lengths`` (n,); the ``evaluations`` of all samples together.
    """

    y: Tensor
    rows: Tensor
    starts: Tensor
    lengths: Tensor
    evaluations: int

    def rule(self) -> tuple[Tensor, Tensor, Tensor]:
        """What the accepted steps make up: samples (n,), nodes (n,) and weights (n,).

        Four nodes a step, for its first is the end of the sample's step before, and t = 0 once a sample.
        """
        nodes, weights, _ = constants(self.lengths)
        rows, order = self.rows.sort(stable=True)
        starts, lengths = self.starts[order], self.lengths[order]
        begins = torch.ones_like(rows, dtype=torch.bool)
        begins[1:] = rows[1:] != rows[:-1]
        parts = lengths[:, None] * weights
        # What an end node has as the first one of the step that follows.
        parts[:-1, -1] += torch.where(begins[1:], 0, parts[1:, 0])
        at = starts[:, None] + lengths[:, None] * nodes
        kept = torch.ones_like(parts, dtype=torch.bool)
        kept[:, 0] = begins
        return rows[:, None].expand_as(parts)[kept], at[kept], parts[kept]


def constants(like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Nodes, weights and error weights (5,), in the dtype and on the device of ``like``; not to be changed."""
    return _placed(like.dtype, like.device)


@lru_cache(maxsize=16)
def _placed(dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    with torch.inference_mode(False):  # see rule
        nodes, weights, errors = (
            torch.tensor(a, dtype=dtype, device=device) for a in (DOPRI5_NODES, DOPRI5_WEIGHTS, DOPRI5_ERRORS)
        )
    return nodes, weights, errors


def take_steps(slope: Callable[[Tensor, Tensor], Tensor], x: Tensor, tol: float) -> Taken:
    """The integral over [0, 1] of ``slope(t, rows)`` (n, d), the integrand of these samples at t (n,).

    A sample's step is accepted where the root mean square of its own error is within ``tol (1 + |y|)``, and the next is
    as long as an error of order 5 allows; the first is as long as the integrand at 0 suggests. A sample that is at its
    end is evaluated no more. Cost: an evaluation a sample, and four a step. Source: Hairer, Norsett and Wanner 1993,
    section II.4.
    """
    check_share("tol", tol, "tolerance")
    nodes, weights, errors = constants(x)
    rows = torch.arange(len(x), device=x.device)
    start = x.new_zeros(len(x))
    y, first, end = torch.zeros_like(x), slope(start, rows), torch.full_like(x, torch.nan)
    length = (FIRST * tol / first.square().mean(1).sqrt()).pow(0.2).nan_to_num(1.0, 1.0).clamp(max=1)
    taken: list[tuple[Tensor, Tensor, Tensor]] = []
    evaluations, tried = len(x), 0
    while len(rows) and tried < STEPS:
        at = start[:, None] + length[:, None] * nodes[1:]
        inner = slope(at.flatten(), rows.repeat_interleave(4)).view(len(rows), 4, -1)
        stages = torch.cat([first[:, None], inner], 1)
        new = y + length[:, None] * torch.einsum("q,nqd->nd", weights, stages)
        error = length[:, None] * torch.einsum("q,nqd->nd", errors, stages)
        scale = tol * (1 + torch.maximum(y.abs(), new.abs()))
        size = (error / scale).square().mean(1).sqrt().nan_to_num(torch.inf, torch.inf)
        fine = size <= 1
        taken.append((rows[fine], start[fine], length[fine]))
        factor = (SAFETY * size**-0.2).clamp(LEAST, MOST)
        y, first = torch.where(fine[:, None], new, y), torch.where(fine[:, None], inner[:, -1], first)
        start = torch.where(fine, start + length, start)
        length = length * torch.where(fine, factor, factor.clamp(max=SAFETY))
        left = 1 - start
        ended = left <= 4 * torch.finfo(x.dtype).eps
        end[rows[ended]] = y[ended]
        goes, evaluations, tried = ~ended, evaluations + 4 * len(rows), tried + 1
        length = torch.minimum(length, left)
        rows, start, length, y, first = rows[goes], start[goes], length[goes], y[goes], first[goes]
    accepted, starts, lengths = (torch.cat(part) for part in zip(*taken))
    return Taken(end, accepted, starts, lengths, evaluations)
