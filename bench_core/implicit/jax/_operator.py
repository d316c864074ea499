"""The maps T, linearised at a fixed point: their products with vectors, all in closed form, rows are samples."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.core import Tracer

from bench_core.implicit.settings import SIDE


def linearise(place: dict[str, Array], problem: Any) -> Layer | Block:
    """The problem's map at its fixed point."""
    if problem.T == "conv":
        return Block.at_point(place["K1"], place["K2"], place["d"], place["u"], problem.gamma)
    return Layer.at_point(place["A"], place["d"], place["u"])


class Layer:
    """``T(u; d) = tanh(A u + d)``; ``slope`` is the derivative of tanh, (B, D)."""

    def __init__(self, arrays: dict[str, Array]):
        self.arrays = arrays

    @classmethod
    def at_point(cls, A: Array, d: Array, u: Array) -> Layer:
        with jax.default_matmul_precision("highest"):
            slope = 1 - jnp.tanh(_times_transposed(u, A) + d) ** 2
        return cls({"A": A, "d": d, "u": u, "slope": slope})

    def of(self, arrays: dict[str, Array]) -> Layer:
        """The same map with other arrays."""
        return Layer(arrays)

    def evaluate(self, u: Array) -> Array:
        """``T(u; d)``."""
        return jnp.tanh(_times_transposed(u, self.arrays["A"]) + self.arrays["d"])

    def vjp(self, w: Array) -> Array:
        """``(dT/du)^T w = A^T S w``."""
        return (self.arrays["slope"] * w) @ self.arrays["A"]

    def jvp(self, x: Array) -> Array:
        """``dT/du x = S A x``."""
        return self.arrays["slope"] * _times_transposed(x, self.arrays["A"])

    def pull(self, w: Array) -> dict[str, Array]:
        """The parameters' gradients ``(dT/dtheta)^T w``."""
        inner = self.arrays["slope"] * w
        # Not inner.T @ u: XLA makes a slower product of it.
        return {"A": lax.dot_general(inner, self.arrays["u"], (((0,), (0,)), ((), ()))), "d": inner}

    def jacobians(self) -> Callable[[Array | int, int], Array]:
        """``dT/du = S A``."""
        slope, A = self.arrays["slope"], self.arrays["A"]
        return lambda start, number: lax.dynamic_slice_in_dim(slope, start, number)[:, :, None] * A

    def sample(self, i: Array | int) -> Layer:
        """The map of one sample, for any number of rows."""
        return self.of(self.arrays | {"slope": lax.dynamic_slice_in_dim(self.arrays["slope"], i, 1)})

    def parameters(self) -> dict[str, Array]:
        return {name: self.arrays[name] for name in ("A", "d")}


class Block:
    """``T(u; d) = (gamma / 2) (u + K2 * tanh(K1 * u)) + d`` on 8 x 8 images, samples flattened from (C, 8, 8)."""

    def __init__(self, arrays: dict[str, Array], half: float):
        self.arrays, self.half = arrays, half

    @classmethod
    def at_point(cls, K1: Array, K2: Array, d: Array, u: Array, gamma: float) -> Block:
        hidden = jnp.tanh(_convolve(K1, _images(u)))
        return cls({"K1": K1, "K2": K2, "d": d, "u": u, "hidden": hidden, "slope": 1 - hidden**2}, gamma / 2)

    def of(self, arrays: dict[str, Array]) -> Block:
        """The same map with other arrays."""
        return Block(arrays, self.half)

    def evaluate(self, u: Array) -> Array:
        """``T(u; d)``."""
        hidden = jnp.tanh(_convolve(self.arrays["K1"], _images(u)))
        return self.half * (u + _rows(_convolve(self.arrays["K2"], hidden))) + self.arrays["d"]

    def vjp(self, w: Array) -> Array:
        """``(dT/du)^T w = (gamma / 2) (w + K1^T S K2^T w)``."""
        inner = self.arrays["slope"] * _correlate(self.arrays["K2"], _images(w))
        return self.half * (w + _rows(_correlate(self.arrays["K1"], inner)))

    def jvp(self, x: Array) -> Array:
        """``dT/du x = (gamma / 2) (x + K2 S K1 x)``."""
        inner = self.arrays["slope"] * _convolve(self.arrays["K1"], _images(x))
        return self.half * (x + _rows(_convolve(self.arrays["K2"], inner)))

    def pull(self, w: Array) -> dict[str, Array]:
        """The parameters' gradients ``(dT/dtheta)^T w``."""
        scaled = _images(self.half * w)
        inner = self.arrays["slope"] * _correlate(self.arrays["K2"], scaled)
        return {
            "K1": _kernel_gradient(_images(self.arrays["u"]), inner),
            "K2": _kernel_gradient(self.arrays["hidden"], scaled),
            "d": w,
        }

    def jacobians(self) -> Callable[[Array | int, int], Array]:
        """``dT/du = (gamma / 2) (I + K2 S K1)``, K1 and K2 as D x D matrices: one product of them is there sooner than
        convolutions of D images.
        """
        slope = _rows(self.arrays["slope"])
        eye = jnp.eye(slope.shape[1], dtype=slope.dtype)
        # Row j is K^T e_j: the rows together are K.
        K1, K2 = (_rows(_correlate(self.arrays[name], _images(eye))) for name in ("K1", "K2"))

        def form(start: Array | int, number: int) -> Array:
            scaled = lax.dynamic_slice_in_dim(slope, start, number)[:, None] * K2
            return self.half * (eye + (scaled.reshape(-1, len(K1)) @ K1).reshape(number, *K1.shape))

        return form

    def sample(self, i: Array | int) -> Block:
        """The map of one sample, for any number of rows."""
        return self.of(self.arrays | {"slope": lax.dynamic_slice_in_dim(self.arrays["slope"], i, 1)})

    def parameters(self) -> dict[str, Array]:
        return {name: self.arrays[name] for name in ("K1", "K2", "d")}


class Counted:
    """An operator that counts its products per sample; ``batch`` is the number of samples (default: every call's rows).

    ``vjps``, ``jvps`` and ``evaluations`` are the numbers; operators made from this one count into the same. The
    compiled program calls back whenever it runs through a product, loops and recomputation included; the numbers are
    complete after ``counting``.
    """

    def __init__(self, operator: Any, batch: int | None = None, counts: dict[str, float] | None = None):
        self._operator, self._batch = operator, batch
        empty: dict[str, float] = {"vjps": 0, "jvps": 0, "evaluations": 0}
        self._counts = empty if counts is None else counts

    vjps = property(lambda self: self._counts["vjps"] / (self._batch or 1))
    jvps = property(lambda self: self._counts["jvps"] / (self._batch or 1))
    evaluations = property(lambda self: self._counts["evaluations"] / (self._batch or 1))

    def _add(self, kind: str, rows: Array) -> None:
        def note(_: Array) -> None:
            self._counts[kind] += len(rows) if self._batch else 1

        # It takes a number of the rows: without one, autodiff would move it out of a loop that does not change it.
        jax.debug.callback(note, rows[0, 0])

    def evaluate(self, u: Array) -> Array:
        self._add("evaluations", u)
        # A constant has no gradient: only what is being differentiated comes as a tracer of autodiff.
        note = partial(self._add, "vjps")
        return self._operator.evaluate(_noted(note, u) if isinstance(u, Tracer) else u)

    def vjp(self, w: Array) -> Array:
        self._add("vjps", w)
        return self._operator.vjp(w)

    def jvp(self, x: Array) -> Array:
        self._add("jvps", x)
        return self._operator.jvp(x)

    def of(self, arrays: dict[str, Array]) -> Counted:
        return Counted(self._operator.of(arrays), self._batch, self._counts)

    def sample(self, i: Array | int) -> Counted:
        return Counted(self._operator.sample(i), self._batch, self._counts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._operator, name)


@contextlib.contextmanager
def counting() -> Iterator[None]:
    """How a counted call runs: until all of its callbacks have."""
    with jax.default_matmul_precision("highest"):
        yield
    jax.effects_barrier()


def _noted(note: Callable[[Array], None], u: Array) -> Array:
    """u; ``note`` is called where autodiff takes the gradient by it."""

    @jax.custom_vjp
    def same(u: Array) -> Array:
        return u

    def forward(u: Array) -> tuple[Array, None]:
        return u, None

    def backward(_: None, gradient: Array) -> tuple[Array]:
        note(gradient)
        return (gradient,)

    same.defvjp(forward, backward)
    return same(u)


def _times_transposed(left: Array, matrix: Array) -> Array:
    """``left matrix^T`` without a transpose."""
    return lax.dot_general(left, matrix, (((1,), (1,)), ((), ())))


def _images(x: Array) -> Array:
    return x.reshape(len(x), -1, SIDE, SIDE)


def _rows(x: Array) -> Array:
    return x.reshape(len(x), -1)


def _convolve(K: Array, x: Array) -> Array:
    return lax.conv_general_dilated(
        x, K, (1, 1), "SAME", dimension_numbers=("NCHW", "OIHW", "NCHW"), precision="highest"
    )


def _correlate(K: Array, y: Array) -> Array:
    """The transpose of ``_convolve``."""
    return _convolve(jnp.flip(K, (2, 3)).swapaxes(0, 1), y)


def _kernel_gradient(x: Array, y: Array) -> Array:
    """Gradient of ``<y, K * x>`` by K."""
    padded = jnp.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    # Batch and channels change places: a convolution of images with images, with a 3 x 3 result a channel pair.
    return lax.conv_general_dilated(
        padded, y, (1, 1), "VALID", dimension_numbers=("CNHW", "IOHW", "CNHW"), precision="highest"
    )
