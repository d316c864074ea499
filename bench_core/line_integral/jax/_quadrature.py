"""A line integral by a fixed rule, and the gradient of its loss, a few samples at a time."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from bench_core.line_integral.jax._jacobian import Parameters, network
from bench_core.line_integral.settings import Rule


def integrate(
    x: Array,
    target: Array,
    parameters: Parameters,
    rule: Rule,
    apply: Callable[[Array, Array], Array],
    chunk: int,
    formed: int = 0,
    inner: np.ndarray | None = None,
) -> dict[str, Array]:
    """Loss, y and gradients for the nodes and weights of ``rule``; ``apply(M, c)`` is J c, and forms that many numbers.

    The loss is a sum over samples, so that its gradient is too: as many samples at once as have ``chunk`` outputs (or
    formed numbers) at all their nodes, one at least, and divide the batch, and (B, Q, d, d) is never held. With the
    weights of an ``inner`` rule at the same nodes there is an estimate of every sample's error, too: how far the two
    are apart.
    """
    (nodes, weights), (batch, d) = rule, x.shape
    t, w = jnp.asarray(nodes, x.dtype), jnp.asarray(weights, x.dtype)
    numbers = max(parameters["b1"].shape[0], formed)
    most = max(1, chunk // (numbers * len(nodes)))
    size = max(number for number in range(1, min(most, batch) + 1) if batch % number == 0)

    def part(p: Parameters, c: Array, wanted: Array) -> tuple[Array, dict[str, Array]]:
        points = (t[:, None, None] * c).reshape(-1, d)
        slopes = apply(network(points, p), jnp.broadcast_to(c, (len(t), *c.shape)).reshape(-1, d))
        y = (w @ slopes.reshape(len(t), -1)).reshape(c.shape)
        said = {"y": y}
        if inner is not None:
            apart = ((w - jnp.asarray(inner, x.dtype)) @ slopes.reshape(len(t), -1)).reshape(c.shape)
            said["estimate"] = jnp.linalg.norm(apart, axis=1)
        return ((y - wanted) ** 2).sum() / batch, said

    differentiate = jax.value_and_grad(part, has_aux=True)
    if size == batch:
        (loss, said), gradients = differentiate(parameters, x, target)
        return {"loss": loss, **said, **gradients}

    def add(carried: tuple, samples: tuple[Array, Array]) -> tuple[tuple, dict[str, Array]]:
        (loss, said), gradients = differentiate(parameters, *samples)
        return (carried[0] + loss, jax.tree.map(jnp.add, carried[1], gradients)), said

    start = (jnp.zeros((), x.dtype), jax.tree.map(jnp.zeros_like, dict(parameters)))
    chunks = (x.reshape(-1, size, d), target.reshape(-1, size, d))
    (loss, gradients), said = lax.scan(add, start, chunks)
    return {"loss": loss, **{name: a.reshape(batch, *a.shape[2:]) for name, a in said.items()}, **gradients}
