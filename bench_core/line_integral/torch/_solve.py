"""``J(x)^-1 y`` by LU, by Cholesky or by the Kronecker factors.

A J that has no inverse is an error on the CPU. On a GPU the host would wait for each factorisation to hear of it: there
the answer is not finite.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.backends.factorise import alone
from bench_core.line_integral.settings import EPS
from bench_core.line_integral.torch._jacobian import Parameters, factors, form, network


def solve_dense(matrices: Tensor, right: Tensor) -> Tensor:
    """LU with pivots for (n, i, i) and (n, i, k)."""
    if alone(matrices):
        return torch.stack([torch.linalg.solve(A, b) for A, b in zip(matrices, right)])
    return torch.linalg.solve_ex(matrices, right, check_errors=matrices.device.type == "cpu")[0]


def solve_positive(matrices: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """Cholesky for symmetric (n, i, i) and (n, i, k), and which of them (n,) are not positive: 0 of those that are."""
    if alone(matrices):
        parts = [torch.linalg.cholesky_ex(A) for A in matrices]
        solved = [torch.cholesky_solve(b, factor) for b, (factor, _) in zip(right, parts)]
        return torch.stack(solved), torch.stack([failed for _, failed in parts])
    factor, failed = torch.linalg.cholesky_ex(matrices)
    return torch.cholesky_solve(right, factor), failed


def lu(M: Tensor, y: Tensor, J: str) -> Tensor:
    return solve_dense(form(M, y.shape[1], J), y[:, :, None])[:, :, 0]


def cholesky(M: Tensor, y: Tensor, J: str) -> Tensor:
    """For a J that is symmetric and positive."""
    formed = form(M, y.shape[1], J)
    if alone(formed):
        pairs = zip(formed, y[:, :, None])
        return torch.stack([torch.cholesky_solve(b, torch.linalg.cholesky(A)) for A, b in pairs])[:, :, 0]
    factor, failed = torch.linalg.cholesky_ex(formed, check_errors=formed.device.type == "cpu")
    if formed.device.type != "cpu":  # what is left of a factor that there is not is finite
        factor = torch.where(failed[:, None, None] == 0, factor, torch.nan)
    return torch.cholesky_solve(y[:, :, None], factor)[:, :, 0]


def kronecker(M: Tensor, y: Tensor, J: str) -> Tensor:
    """``A^-1 Y B^-T``, or with eigenvectors of ``A A^T`` and ``B B^T``: ``U [(U^T Y V) / (a b^T + eps)] V^T``."""
    A, B = factors(M, y.shape[1])
    Y = y.reshape(A.shape)
    if J == "kronecker":
        return solve_dense(B, solve_dense(A, Y).mT).mT.reshape(y.shape)
    a, U = torch.linalg.eigh(torch.bmm(A, A.mT))
    b, V = torch.linalg.eigh(torch.bmm(B, B.mT))
    inner = torch.bmm(torch.bmm(U.mT, Y), V) / (a[:, :, None] * b[:, None] + EPS)
    return torch.bmm(torch.bmm(U, inner), V.mT).reshape(y.shape)


SOLVERS = {"lu": lu, "cholesky": cholesky, "kronecker": kronecker}


def velocity(x: Tensor, y: Tensor, parameters: Parameters, J: str, solver: str) -> Tensor:
    """``J(x)^-1 y`` for rows x and y, (n, d)."""
    return SOLVERS[solver](network(x, parameters), y, J)
