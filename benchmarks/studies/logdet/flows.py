"""What the square network is compared with: flows of zuko's, and the start that one of them shares with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import zuko
from torch import Tensor
from torch.distributions import Transform, constraints
from zuko.distributions import DiagNormal
from zuko.lazy import Flow, UnconditionalDistribution, UnconditionalTransform
from zuko.transforms import AdditiveTransform, LULinearTransform

from bench_core.logdet.torch._network import activate, log_slope

TRANSFORMS = 3  # of a masked autoregressive flow, as zuko has it where nothing is said


@dataclass(frozen=True)
class Start:
    """Layers ``y = W z + b``, W = L U: ``packed`` (D, D) holds L with its diagonal, and U above it, whose own is 1."""

    packed: Sequence[Tensor]
    biases: Sequence[Tensor]

    @classmethod
    def draw(cls, x: Tensor, layers: int, alpha: float, spread: float, seed: int) -> Start:
        """Random rotations, scaled and shifted so that over the samples x every hidden unit has mean 0 and deviation
        ``spread`` before its activation, every output 1.

        Of Q^T the LU factors with partial pivoting are those of Q with its columns permuted, none of U above 1: a
        start that both parameterisations hold well.
        """
        generator = torch.Generator().manual_seed(seed)
        packed, biases, z = [], [], x.double()
        for k in range(layers):
            D = x.shape[1]
            rotation = torch.linalg.qr(torch.randn((D, D), generator=generator, dtype=torch.float64)).Q
            factors = torch.linalg.lu_factor(rotation.T).LU.T
            y = z @ multiply(factors).T
            scale = (1.0 if k == layers - 1 else spread) / y.std(0).clamp_min(1e-6)
            packed.append((torch.tril(factors) * scale[:, None] + torch.triu(factors, 1)).float())
            biases.append((-y.mean(0) * scale).float())
            z = activate(y * scale - y.mean(0) * scale, alpha)
        return cls(packed, biases)

    def weights(self) -> list[Tensor]:
        return [multiply(factors) for factors in self.packed]


def multiply(packed: Tensor) -> Tensor:
    """L U."""
    return torch.tril(packed) @ (torch.triu(packed, 1) + torch.eye(len(packed), dtype=packed.dtype))


class SmoothLeakyReLU(Transform):
    """The network's activation, ``s(y) = a y + (1 - a) softplus(y)``, in zuko's terms."""

    domain = codomain = constraints.real
    bijective = True

    def __init__(self, alpha: float):
        super().__init__()
        self._alpha = alpha

    def _call(self, x: Tensor) -> Tensor:
        return activate(x, self._alpha)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return log_slope(x, self._alpha)


class _LibraryFlow:
    """A flow of zuko's by automatic differentiation, as its users train it."""

    def __init__(self, flow: Flow):
        self._flow = flow
        self.parameters = list(flow.parameters())

    def differentiate(self, x: Tensor) -> None:
        for p in self.parameters:
            p.grad = None
        try:
            self._flow().log_prob(x).mean().backward()
        except ValueError:
            # torch's distributions refuse what is no number: this training has left the numbers, and stays out.
            for p in self.parameters:
                p.grad = torch.full_like(p, torch.nan)

    @torch.no_grad()
    def log_likelihood(self, x: Tensor) -> Tensor:
        try:
            return self._flow().log_prob(x).double()
        except ValueError:
            return torch.full((len(x),), torch.nan, dtype=torch.float64)


class TriangularFlow(_LibraryFlow):
    """The same layers and activations, every weight as L U (zuko's ``LULinearTransform``)."""

    def __init__(self, start: Start, alpha: float):
        transforms = []
        for packed, b in zip(start.packed, start.biases):
            transforms += [
                UnconditionalTransform(LULinearTransform, packed.clone()),
                UnconditionalTransform(AdditiveTransform, b.clone()),
                UnconditionalTransform(SmoothLeakyReLU, alpha),
            ]
        D = len(start.biases[0])
        base = UnconditionalDistribution(DiagNormal, torch.zeros(D), torch.ones(D), buffer=True)
        super().__init__(Flow(transforms[:-1], base))


class MaskedFlow(_LibraryFlow):
    """A masked autoregressive flow (zuko's ``MAF``); ``hidden`` are the units of each transform's hidden layers."""

    def __init__(self, D: int, hidden: Sequence[int], seed: int):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            super().__init__(zuko.flows.MAF(D, transforms=TRANSFORMS, hidden_features=tuple(hidden)))

    def count(self) -> int:
        """Parameters that act: weights under a mask do not."""
        masked = sum(int((~mask).sum()) for name, mask in self._flow.named_buffers() if name.endswith("mask"))
        return sum(p.numel() for p in self.parameters) - masked


def find_hidden(D: int, parameters: int) -> tuple[tuple[int, int], int]:
    """Units of two hidden layers, as many in both or one more in either, with which a masked flow comes nearest to so
    many parameters, and how many it then has.
    """

    def count(hidden: tuple[int, int]) -> int:
        return MaskedFlow(D, hidden, 0).count()

    low, high = 1, 2
    while count((high, high)) < parameters:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count((middle, middle)) < parameters else (low, middle)
    counts = {hidden: count(hidden) for hidden in ((low, low), (low, high), (high, low), (high, high))}
    nearest = min(counts, key=lambda hidden: abs(counts[hidden] - parameters))
    return nearest, counts[nearest]
