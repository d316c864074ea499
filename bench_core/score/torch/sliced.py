"""The gradient of psi by sliced score matching."""

from __future__ import annotations

from torch import Tensor

from bench_core.score.torch._network import Parameters, depth, differentiate, layers


def sliced(y: Tensor, v: Tensor, parameters: Parameters) -> tuple[Tensor, dict[str, Tensor]]:
    """Loss and gradient of one step of sliced score matching of psi, by reverse mode through a tangent.

    ``L = mean (v^T J v + |psi(y)|^2 / 2)``, J the Jacobian of psi at y, v one probe a sample. At the same noisy y its
    minimum is that of denoising, the score of the smoothed density, and it asks for no clean x. With z' the tangent of
    the hidden layers ``v^T J v = v^T V z' = (v V) . z'``: of ``v V`` reverse mode makes the gradient by z' without a
    product. z' is written out beside the network: torch's forward mode takes a third product a layer.

    y, v (B, d), parameters of psi as in ``psi``. Returns the loss and the gradients, named as the parameters. Cost: 2B
    (9dH + 6(L-1)H^2) FLOPs. Raises ``RuntimeError`` (torch) where shapes do not fit. Source: Song et al. 2019 (SSM-VR).
    """

    def loss(p: Parameters) -> Tensor:
        inputs, _, slopes = layers(y, p)
        tangent = v
        for k in range(depth(p)):
            tangent = slopes[k] * (tangent @ p[f"W{k}"].T)
        g = inputs[-1] @ p["V"].T + p["c"]
        return (((v @ p["V"]) * tangent).sum() + (g * g).sum() / 2) / len(y)

    return differentiate(loss, parameters)
