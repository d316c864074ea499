"""The small implicit ResNet of the training study: one architecture for every method, solvable by every method.

``S(u)`` with ``u = T(u; Q(d))`` (Wu Fung et al. 2022, equation 7; the residual block of their public code):

- Q lifts the image d: a 3 x 3 convolution, max-pooling to about 8 x 8 pixels, another 3 x 3 convolution.
- T is a residual block of two 3 x 3 convolutions, ``T(u; q) = gamma / 2 (z + s(K2 s(K1 z + b1) + b2))``, ``z = u + q``,
  s the leaky ReLU with slope 0.1.
- S pools 2 x 2 and is linear.

There is no batch normalisation, in which Jacobian-based methods do not converge (their section *Comparison*): the
published comparison left it out for CG alone. Instead T is contractive: s is 1-Lipschitz, so with ``|K1|, |K2| <= 1``
gamma bounds the Lipschitz constant of T by u. After every step of the optimiser a kernel whose norm as an operator on
latent images is above 1 is divided by it; the norm comes from power iterations that go on from step to step (Gouk et
al. 2021, algorithm 2). They approach the norm from below, so that the bound holds up to a few per cent; the study
records what dT/du really has.
"""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, leaky_relu, max_pool2d

SLOPE = 0.1
SIDE = 8  # pixels along the edge of a latent image, or a few more where the image is no multiple of it
FIRST_ITERATIONS = 50  # of the power method, before the first step


class ImplicitResNet(nn.Module):
    """``shape`` of an image (channels, height, width), ``classes``, ``channels`` of the latent state, ``gamma``."""

    p1: Tensor
    p2: Tensor

    def __init__(self, shape: tuple[int, int, int], classes: int, channels: int, gamma: float):
        super().__init__()
        colours, height, width = shape
        self.pool, self.factor = max(1, min(height, width) // SIDE), gamma / 2
        self.latent = (channels, height // self.pool, width // self.pool)
        self.lift = nn.Conv2d(colours, channels, 3, padding=1)
        self.lift_pooled = nn.Conv2d(channels, channels, 3, padding=1)
        self.K1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.K2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.classify = nn.Linear(channels * (self.latent[1] // 2) * (self.latent[2] // 2), classes)
        # Where the power iterations stand: part of the state, so that a resumed training goes on from the same norms.
        for name in ("p1", "p2"):
            start = torch.randn(1, *self.latent)
            self.register_buffer(name, start / start.norm())
        self.contract(FIRST_ITERATIONS)

    def Q(self, images: Tensor) -> Tensor:
        """The lifted images q, (B, C, H, W)."""
        lifted = max_pool2d(leaky_relu(self.lift(images), SLOPE), self.pool)
        return leaky_relu(self.lift_pooled(lifted), SLOPE)

    def T(self, u: Tensor, q: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """``T(u; q)`` and what went into its two nonlinearities, all (B, C, H, W)."""
        z = u + q
        first = self.K1(z)
        second = self.K2(leaky_relu(first, SLOPE))
        return self.factor * (z + leaky_relu(second, SLOPE)), first, second

    def S(self, u: Tensor) -> Tensor:
        """Scores of the classes (B, classes)."""
        return self.classify(avg_pool2d(u, 2).flatten(1))

    @torch.no_grad()
    def contract(self, iterations: int = 1) -> None:
        """Divide K1 and K2 by their norms where these are above 1."""
        for kernel, p in ((self.K1.weight, self.p1), (self.K2.weight, self.p2)):
            for _ in range(iterations):
                back = conv2d(conv2d(p, kernel, padding=1), transpose(kernel), padding=1)
                p.copy_(back / back.norm())
            kernel.div_(conv2d(p, kernel, padding=1).norm().clamp_min(1))


class Map:
    """``u -> T(u; q)`` for the forward solvers: rows are samples, (B, D)."""

    def __init__(self, net: ImplicitResNet, q: Tensor):
        self._net, self._q = net, q

    def evaluate(self, u: Tensor) -> Tensor:
        return self._net.T(u.view_as(self._q), self._q)[0].flatten(1)


class Linearisation:
    """``A = dT/du`` at one point, as products with rows (B, D), in closed form.

    ``A x = gamma / 2 (x + S2 K2 S1 K1 x)`` with S1, S2 the slopes of the leaky ReLU; ``A^T w`` has the transposed
    factors in the other order. Two convolutions each way: a vjp and a jvp cost the same and as much as an evaluation of
    T, so that a count of products is a count of work. (torch.func.jvp evaluates T anew with every product, and a
    double vjp costs two: CG would look dearer than it is.) Nothing is computed before the first product.
    """

    def __init__(self, net: ImplicitResNet, first: Tensor, second: Tensor):
        self._net, self._given = net, (first, second)

    def vjp(self, w: Tensor) -> Tensor:
        """``A^T w``."""
        (_, K1), (_, K2), (s1, s2) = self._factors
        w = w.view_as(s1)
        inner = s1 * conv2d(s2 * w, K2, padding=1)
        return (self._net.factor * (w + conv2d(inner, K1, padding=1))).flatten(1)

    def jvp(self, x: Tensor) -> Tensor:
        """``A x``."""
        (K1, _), (K2, _), (s1, s2) = self._factors
        x = x.view_as(s1)
        inner = s1 * conv2d(x, K1, padding=1)
        return (self._net.factor * (x + s2 * conv2d(inner, K2, padding=1))).flatten(1)

    @cached_property
    def _factors(self) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Each kernel with its transpose, and the two slopes."""
        K1, K2 = self._net.K1.weight.detach(), self._net.K2.weight.detach()
        s1, s2 = (torch.ones_like(given).masked_fill_(given <= 0, SLOPE) for given in self._given)
        return (K1, transpose(K1)), (K2, transpose(K2)), (s1, s2)


def transpose(kernel: Tensor) -> Tensor:
    """The kernel of the transposed convolution: flipped, its channels exchanged (3 x 3, zeros around the image)."""
    return kernel.flip(2, 3).transpose(0, 1).contiguous()
