"""The denoising gradient of a network psi that is trained directly, written out."""

from __future__ import annotations

from jax import Array

from bench_core.score.jax._network import Parameters, depth, layers, outer


def psi_closed_form(x: Array, y: Array, parameters: Parameters, sigma: Array) -> tuple[Array, Parameters]:
    """Loss and gradient of one denoising step of psi, every product once and no automatic differentiation.

    Layers ``h_k = z_k W_k^T + b_k``, ``z_{k+1} = s(h_k)``, ``psi = z_L V^T + c``; along the loss's gradient e
    ``dV = e^T z_L``, ``u_{L-1} = e V``, ``d_k = u_k s'(h_k)``, ``u_{k-1} = d_k W_k``; then ``dW_k = d_k^T z_k``.

    x, y (B, d), parameters W0 (H, d), b0 (H,), W1 (H, H), ..., V (d, H), c (d,), sigma the noise's standard deviation.
    Returns the loss and the gradients, named as the parameters. Cost: 2B (5dH + 3(L-1)H^2) FLOPs. Raises ``TypeError``
    (JAX) where shapes do not fit. Source: the objective L[psi] of Saremi 2019, differentiated by hand.
    """
    last, batch = depth(parameters) - 1, x.shape[0]
    weights = [parameters[f"W{k}"] for k in range(last + 1)]
    inputs, _, slopes = layers(y, parameters)
    g = inputs[-1] @ parameters["V"].T + parameters["c"]
    rest = x - y - sigma**2 * g
    e = rest * (-2 * sigma**2 / batch)
    gradients = {"V": outer(e, inputs[-1]), "c": e.sum(0)}
    back = e @ parameters["V"]
    for k in range(last, -1, -1):
        delta = back * slopes[k]
        gradients[f"W{k}"] = outer(delta, inputs[k])
        gradients[f"b{k}"] = delta.sum(0)
        if k:
            back = delta @ weights[k]
    return (rest * rest).sum() / batch, gradients
