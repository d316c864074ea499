"""The ordinary gradient of another model: layers that hold triangular factors instead of W."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bench_core.logdet.torch._network import Gradients, activate, pull_back, targets
from bench_core.logdet.torch._triangular import differentiate, times


def lu_layer(
    x: Tensor,
    factors: Sequence[Tensor],
    biases: Sequence[Tensor],
    orders: Sequence[Tensor],
    alpha: float,
    out: Gradients | None = None,
    device: str | None = None,
) -> Gradients:
    """Gradient of the mean log-likelihood by L, U and b where ``W = P L U``, P fixed; no determinant of a matrix.

    ``dL = (P^T Delta^T) (Z U^T)`` below the diagonal, ``dU = (L^T P^T Delta^T) Z + diag(1 / U)`` on it and above, ``db
    = Delta^T 1``: plain backpropagation through both factors, and ``log|det W| = sum log|U_ii|``. Another model: the
    same density, but other parameters, and so another direction of ascent.

    x (B, D), factors L x (D, D), L packed below the diagonal and U on it and above, biases L x (D,), orders L x (2, D)
    the columns of P and the way back, alpha the activation's slope, device whose blocks of rows are multiplied (by
    itself that of x; "several" where the factors are cut over devices). Returns the gradients in the shapes of factors
    and biases, written into ``out`` where it is given, for a module's Parameters under ``torch.no_grad()``, as
    optimisers do, and where there are several blocks without it, too. Cost: (3L - 1/2) 2BD^2 FLOPs in the limit of
    small blocks, about 4 s D^2 bytes a layer. Raises ``RuntimeError`` (torch) where shapes do not fit, and for such
    Parameters elsewhere; a zero on the diagonal of U gives numbers that are not finite. Source: Kingma and Dhariwal
    2018, section 3.2 and eq. 10-11.
    """
    device = device or ("cuda" if x.is_cuda else "cpu")
    last = len(factors) - 1
    inputs, halves, pre = [x], [], []
    for k, (packed, b, order) in enumerate(zip(factors, biases, orders)):
        halves.append(times(inputs[k], packed, upper=True, transposed=True, device=device))
        ordered = times(halves[k], packed, upper=False, transposed=True, device=device).index_select(1, order[0])
        pre.append(ordered.add_(b))
        if k < last:
            inputs.append(activate(pre[k], alpha))
    weight_gradients, bias_gradients = [], []
    to_weights, to_biases = targets(out, len(factors))
    delta = pre[last] * (-1.0 / x.shape[0])
    for k in range(last, -1, -1):
        turned = delta.index_select(1, orders[k][1])
        middle = times(turned, factors[k], upper=False, transposed=False, device=device)
        dF = differentiate(factors[k], (turned, halves[k]), (middle, inputs[k]), to_weights[k], device)
        weight_gradients.insert(0, dF)
        bias_gradients.insert(0, torch.sum(delta, 0, out=to_biases[k]))
        if k:
            delta = pull_back(times(middle, factors[k], upper=True, transposed=False, device=device), pre[k - 1], alpha)
    return weight_gradients, bias_gradients
