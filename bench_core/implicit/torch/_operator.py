"""The maps T, linearised at a fixed point: their products with vectors, all in closed form, rows are samples."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose2d
from torch.nn.grad import conv2d_weight
from torch.utils.weak import WeakTensorKeyDictionary

from bench_core.implicit.settings import SIDE


def linearise(place: dict[str, Tensor], problem: Any) -> Layer | Block:
    """The problem's map at its fixed point."""
    if problem.T == "conv":
        return Block.at_point(place["K1"], place["K2"], place["d"], place["u"], problem.gamma)
    return Layer.at_point(place["A"], place["d"], place["u"])


class Layer:
    """``T(u; d) = tanh(A u + d)``; ``slope`` is the derivative of tanh, (B, D)."""

    def __init__(self, arrays: dict[str, Tensor]):
        self.arrays = arrays

    @classmethod
    def at_point(cls, A: Tensor, d: Tensor, u: Tensor) -> Layer:
        slope = 1 - torch.tanh(torch.addmm(d, u, A.T)) ** 2
        return cls({"A": A, "d": d, "u": u, "slope": slope})

    def of(self, arrays: dict[str, Tensor]) -> Layer:
        """The same map with other arrays."""
        return Layer(arrays)

    def evaluate(self, u: Tensor) -> Tensor:
        """``T(u; d)``."""
        return torch.tanh(torch.addmm(self.arrays["d"], u, self.arrays["A"].T))

    def vjp(self, w: Tensor) -> Tensor:
        """``(dT/du)^T w = A^T S w``."""
        return (self.arrays["slope"] * w) @ self.arrays["A"]

    def jvp(self, x: Tensor) -> Tensor:
        """``dT/du x = S A x``."""
        return self.arrays["slope"] * (x @ self.arrays["A"].T)

    def pull(self, w: Tensor) -> dict[str, Tensor]:
        """The parameters' gradients ``(dT/dtheta)^T w``."""
        inner = self.arrays["slope"] * w
        return {"A": inner.T @ self.arrays["u"], "d": inner}

    def jacobians(self) -> Callable[[int, int], Tensor]:
        """``dT/du = S A``."""
        slope, A = self.arrays["slope"], self.arrays["A"]
        return lambda start, number: slope[start : start + number, :, None] * A

    def sample(self, i: int) -> Layer:
        """The map of one sample, for any number of rows."""
        return self.of(self.arrays | {"slope": self.arrays["slope"][i : i + 1]})

    def parameters(self) -> dict[str, Tensor]:
        return {name: self.arrays[name] for name in ("A", "d")}


class Block:
    """``T(u; d) = (gamma / 2) (u + K2 * tanh(K1 * u)) + d`` on 8 x 8 images, samples flattened from (C, 8, 8)."""

    def __init__(self, arrays: dict[str, Tensor], half: float):
        self.arrays, self.half = arrays, half

    @classmethod
    def at_point(cls, K1: Tensor, K2: Tensor, d: Tensor, u: Tensor, gamma: float) -> Block:
        hidden = torch.tanh(conv2d(_images(u), K1, padding=1))
        return cls({"K1": K1, "K2": K2, "d": d, "u": u, "hidden": hidden, "slope": 1 - hidden**2}, gamma / 2)

    def of(self, arrays: dict[str, Tensor]) -> Block:
        """The same map with other arrays."""
        return Block(arrays, self.half)

    def evaluate(self, u: Tensor) -> Tensor:
        """``T(u; d)``."""
        hidden = torch.tanh(conv2d(_images(u), self.arrays["K1"], padding=1))
        inner = u + conv2d(hidden, self.arrays["K2"], padding=1).flatten(1)
        return torch.add(self.arrays["d"], inner, alpha=self.half)

    def vjp(self, w: Tensor) -> Tensor:
        """``(dT/du)^T w = (gamma / 2) (w + K1^T S K2^T w)``."""
        inner = self.arrays["slope"] * conv_transpose2d(_images(w), self.arrays["K2"], padding=1)
        return self.half * (w + conv_transpose2d(inner, self.arrays["K1"], padding=1).flatten(1))

    def jvp(self, x: Tensor) -> Tensor:
        """``dT/du x = (gamma / 2) (x + K2 S K1 x)``."""
        inner = self.arrays["slope"] * conv2d(_images(x), self.arrays["K1"], padding=1)
        return self.half * (x + conv2d(inner, self.arrays["K2"], padding=1).flatten(1))

    def pull(self, w: Tensor) -> dict[str, Tensor]:
        """The parameters' gradients ``(dT/dtheta)^T w``."""
        scaled = _images(self.half * w)
        inner = self.arrays["slope"] * conv_transpose2d(scaled, self.arrays["K2"], padding=1)
        shape = self.arrays["K1"].shape
        return {
            "K1": conv2d_weight(_images(self.arrays["u"]), shape, inner, padding=1),
            "K2": conv2d_weight(self.arrays["hidden"], shape, scaled, padding=1),
            "d": w,
        }

    def jacobians(self) -> Callable[[int, int], Tensor]:
        """``dT/du = (gamma / 2) (I + K2 S K1)``, K1 and K2 as D x D matrices: one product of them is there sooner than
        convolutions of D images.
        """
        slope = self.arrays["slope"].flatten(1)
        eye = torch.eye(slope.shape[1], dtype=slope.dtype, device=slope.device)
        # Row j is K^T e_j: the rows together are K.
        K1, K2 = (conv_transpose2d(_images(eye), self.arrays[name], padding=1).flatten(1) for name in ("K1", "K2"))
        K1 = self.half * K1

        def form(start: int, number: int) -> Tensor:
            scaled = slope[start : start + number, None] * K2
            formed = (scaled.flatten(0, 1) @ K1).unflatten(0, (number, -1))
            formed.diagonal(dim1=1, dim2=2).add_(self.half)
            return formed

        return form

    def sample(self, i: int) -> Block:
        """The map of one sample, for any number of rows."""
        return self.of(self.arrays | {"slope": self.arrays["slope"][i : i + 1]})

    def parameters(self) -> dict[str, Tensor]:
        return {name: self.arrays[name] for name in ("K1", "K2", "d")}


class Counted:
    """An operator that counts its products per sample; ``batch`` is the number of samples (default: every call's rows).

    ``vjps``, ``jvps`` and ``evaluations`` are the numbers; operators made from this one count into the same.
    """

    def __init__(self, operator: Any, batch: int | None = None):
        self._operator, self._batch = operator, batch
        self._counts: dict[str, float] = {"vjps": 0, "jvps": 0, "evaluations": 0}
        self._hooked = (
            WeakTensorKeyDictionary()
        )  # states that a vjp is counted of; they live as long as autograd has them

    vjps = property(lambda self: self._counts["vjps"] / (self._batch or 1))
    jvps = property(lambda self: self._counts["jvps"] / (self._batch or 1))
    evaluations = property(lambda self: self._counts["evaluations"] / (self._batch or 1))

    def _add(self, kind: str, rows: int) -> None:
        self._counts[kind] += rows if self._batch else 1

    def evaluate(self, u: Tensor) -> Tensor:
        self._add("evaluations", len(u))
        # Autodiff takes a vjp back through it; a state from which others are computed again has its hook already.
        if u.requires_grad and u not in self._hooked:
            self._hooked[u] = True
            u.register_hook(lambda _: self._add("vjps", len(u)))
        return self._operator.evaluate(u)

    def vjp(self, w: Tensor) -> Tensor:
        self._add("vjps", len(w))
        return self._operator.vjp(w)

    def jvp(self, x: Tensor) -> Tensor:
        self._add("jvps", len(x))
        return self._operator.jvp(x)

    def of(self, arrays: dict[str, Tensor]) -> Counted:
        return self._again(self._operator.of(arrays))

    def sample(self, i: int) -> Counted:
        return self._again(self._operator.sample(i))

    def _again(self, operator: Any) -> Counted:
        """One that counts into the same."""
        other = Counted(operator, self._batch)
        other._counts, other._hooked = self._counts, self._hooked
        return other

    def __getattr__(self, name: str) -> Any:
        return getattr(self._operator, name)


@contextlib.contextmanager
def counting() -> Iterator[None]:
    """How a counted call runs: as any other."""
    yield


def _images(x: Tensor) -> Tensor:
    return x.view(len(x), -1, SIDE, SIDE)
