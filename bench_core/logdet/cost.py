"""Cost formulas of the logdet methods: leading terms, two FLOPs for a multiply-add.

``u = 2 B D^2`` is one product of the batch with a weight matrix. LU is (2/3) D^3, a solve with D right-hand sides 2
D^3, so the explicit inverse is (8/3) D^3 (Golub and Van Loan, 4th ed., sections 3.2 and 3.4). Bytes count every
matrix as if it came from memory once per product; activations count too (they matter at small D). Tests hold
``flops`` to the operations of the compiled HLO and of ATen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bench_core.logdet.settings import blocks, chunk
from bench_core.method import Cost

LU = 2 / 3  # of D^3
INVERSE = 8 / 3


def products(count: Callable[[int], int]) -> Callable[..., Cost]:
    """Cost of a method that takes ``count(L)`` products of the batch with a weight matrix and returns L gradients."""

    def cost(p, itemsize: int) -> Cost:
        return _cost(p, itemsize, count(p.L) * _u(p), matrices=count(p.L) + p.L, held=p.L)

    return cost


def relative(p, itemsize: int) -> Cost:
    """(4L-1) u: forward L, backward L-1, ``Y W`` L, outer products L. With B > D the last two are 2BD^2 + 2D^3 a
    layer.
    """
    return _cost(p, itemsize, _forward_backward(p) + _relative_products(p), matrices=5 * p.L - 1, held=p.L)


def relative_published(p, itemsize: int) -> Cost:
    """(5L-1) u: the paper's order recomputes ``Z W^T``, and adds W in a pass of its own."""
    return _cost(p, itemsize, _forward_backward(p) + 3 * p.L * _u(p), matrices=8 * p.L - 1, held=p.L + 1)


def relative_published_shared(p, itemsize: int) -> Cost:
    """(4L-1) u: a compiler makes one product of the forward pass's ``Z W^T`` and of the one that is taken again."""
    return _cost(p, itemsize, _forward_backward(p) + 2 * p.L * _u(p), matrices=7 * p.L - 1, held=p.L + 1)


def transposed(p, itemsize: int) -> Cost:
    """4L u: forward L, ``Delta W`` L (the first layer's is the extra one), ``G W^T`` L, outer products L."""
    return products(lambda L: 4 * L)(p, itemsize)


def inverse(p, itemsize: int) -> Cost:
    """(3L-1) u + (8/3) L D^3: plain backpropagation and an explicit inverse per layer."""
    flops = _forward_backward(p) + p.L * (_u(p) + INVERSE * p.D**3)
    return _cost(p, itemsize, flops, matrices=8 * p.L - 1, held=p.L + 2)


def slogdet_autodiff(p, itemsize: int) -> Cost:
    """As ``inverse``: LU forward, a solve with the identity backward."""
    flops = _forward_backward(p) + p.L * (_u(p) + INVERSE * p.D**3)
    return _cost(p, itemsize, flops, matrices=9 * p.L - 1, held=2 * p.L + 2)


def ordinary_with_value(p, itemsize: int) -> Cost:
    """As ``inverse``, with the identity that is solved for."""
    flops = _forward_backward(p) + p.L * (_u(p) + INVERSE * p.D**3)
    return _cost(p, itemsize, flops, matrices=9 * p.L - 1, held=p.L + 2)


def jacobian_autodiff(p, itemsize: int) -> Cost:
    """(6L - 2 + 8/3) B D^3 + (3L-1) u: L products for a Jacobian, their 2L - 1 gradients, LU, a solve."""
    return _jacobians(p, itemsize, taken=p.B * (6 * p.L - 2))


def jacobian_autodiff_shared(p, itemsize: int) -> Cost:
    """(6L - 6 + 8/3) B D^3 + 4 D^3 + (3L-1) u: a compiler takes the product with the identity and its gradient once."""
    return _jacobians(p, itemsize, taken=p.B * (6 * p.L - 6) + 4)


def jacobian_autodiff_chunked(p, itemsize: int) -> Cost:
    """As ``jacobian_autodiff``, and so many samples' Jacobians are held as the CPU's chunk has room for."""
    return _jacobians(p, itemsize, taken=p.B * (6 * p.L - 2), samples=_in_chunk(p))


def jacobian_autodiff_chunked_shared(p, itemsize: int) -> Cost:
    """As ``jacobian_autodiff_shared``, with 4 D^3 for every chunk, whose samples divide the batch."""
    samples = max(number for number in range(1, _in_chunk(p) + 1) if p.B % number == 0)
    return _jacobians(p, itemsize, taken=p.B * (6 * p.L - 6) + 4 * (p.B // samples), samples=samples)


def lu_layer(p, itemsize: int) -> Cost:
    """(6L-1) u / 2 in the limit of small blocks: two triangles forward, two back, their outer products.

    A block of rows is multiplied as far as its triangle reaches, its own square whole; blocks are the CPU's.
    """
    reached = sum((stop - start) * (p.D - start) for start, stop in blocks(p.D))
    return _cost(p, itemsize, (6 * p.L - 1) * 2.0 * p.B * reached, matrices=4 * p.L, held=p.L)


def relative_step(p, itemsize: int) -> Cost:
    """(4L-1) u, and no gradient is held."""
    return _cost(p, itemsize, _forward_backward(p) + _relative_products(p), matrices=5 * p.L - 1, held=0)


def value_tracking(p, itemsize: int) -> Cost:
    """``relative_step`` and ``log det(I + ...)`` of min(B, D): 2 B^2 D + (2/3) B^3 a layer when B <= D."""
    small = min(p.B, p.D)
    lemma = (2 * p.B**2 * p.D if p.B <= p.D else 0) + LU * small**3
    flops = _forward_backward(p) + _relative_products(p) + p.L * lemma
    return _cost(p, itemsize, flops, matrices=5 * p.L - 1, held=0)


def inverse_tracked(p, itemsize: int) -> Cost:
    """``relative_step``, (3L-1) u of outer products and of ``Delta V``, and 4 B^2 D + (2/3) B^3 a layer."""
    woodbury = (3 * p.L - 1) * _u(p) + p.L * (4 * p.B**2 * p.D + LU * p.B**3)
    flops = _forward_backward(p) + _relative_products(p) + woodbury
    return _cost(p, itemsize, flops, matrices=10 * p.L - 2, held=2 * p.L)


def hutchinson_cg(probes: int, iterations: int) -> Callable[..., Cost]:
    """(3L-1) u and, of n probes, 2nD^2 twice an iteration and once for the outer product."""

    def cost(p, itemsize: int) -> Cost:
        flops = _forward_backward(p) + p.L * (_u(p) + (2 * iterations + 1) * 2.0 * probes * p.D**2)
        found = _cost(p, itemsize, flops, matrices=(4 + 2 * iterations) * p.L, held=p.L)
        return replace(found, peak_bytes=found.peak_bytes + 7.0 * probes * p.D * itemsize)

    return cost


def self_normalizing(p, itemsize: int) -> Cost:
    """5L u: forward L, ``Delta W`` L, the reconstruction L, two outer products L; two gradients a layer."""
    return _cost(p, itemsize, 5 * p.L * _u(p), matrices=9 * p.L, held=2 * p.L)


def free_form(p, itemsize: int) -> Cost:
    """6 u: forward, the probes and the reconstruction through the decoder, three outer products; two gradients."""
    return _cost(p, itemsize, 6 * _u(p), matrices=8, held=2)


def factored(p, itemsize: int) -> Cost:
    """5 u: forward through two triangles, as square matrices; back by each, and through the second."""
    return _cost(p, itemsize, 5 * _u(p), matrices=16, held=6)


def factored_formed(p, itemsize: int) -> Cost:
    """2 u + 6 D^3: ``L U`` is formed, and its gradient taken back to both."""
    return _cost(p, itemsize, 2 * _u(p) + 6.0 * p.D**3, matrices=20, held=7)


def lanczos(probes: int, steps: int) -> Callable[..., Cost]:
    """2nD^2 twice a step; the orthogonalisation, 8 n steps D a step, is left out."""

    def cost(p, itemsize: int) -> Cost:
        taken = min(steps, p.D)
        flops = p.L * taken * 4.0 * probes * p.D**2
        found = _cost(p, itemsize, flops, matrices=2 * taken * p.L, held=0, activations=0)
        return replace(found, peak_bytes=found.peak_bytes + 2.0 * taken * probes * p.D * itemsize)

    return cost


def gemm_floor(p, itemsize: int) -> Cost:
    """The products of ``relative`` and nothing else."""
    return _cost(p, itemsize, _forward_backward(p) + _relative_products(p), matrices=4 * p.L - 1, held=p.L)


def slogdet(p, itemsize: int) -> Cost:
    """(2/3) L D^3."""
    return _cost(p, itemsize, p.L * LU * p.D**3, matrices=3 * p.L, held=1, activations=0)


def _u(p) -> float:
    return 2.0 * p.B * p.D**2


def _forward_backward(p) -> float:
    return (2 * p.L - 1) * _u(p)


def _relative_products(p) -> float:
    """``Delta^T (Y W)`` in the cheaper order: 2u, or u + 2 D^3 when B > D."""
    return p.L * (_u(p) + min(_u(p), 2.0 * p.D**3))


def _in_chunk(p) -> int:
    """Samples whose Jacobians the CPU's chunk has room for."""
    return min(p.B, max(1, chunk("cpu") // p.D**2))


def _jacobians(p, itemsize: int, taken: int, samples: int | None = None) -> Cost:
    """So many products of D x D matrices beside the LU and the solve of B of them, ``samples`` held at a time."""
    flops = (taken + p.B * INVERSE) * p.D**3 + (3 * p.L - 1) * _u(p)
    held = p.B if samples is None else samples
    cost = _cost(p, itemsize, flops, matrices=p.B * (4 * p.L + 4), held=held * (p.L + 3) + p.L)
    least = p.L + (p.B if samples is None else 1)
    return replace(cost, least_bytes=float(least * p.D**2 * itemsize))


def _cost(p, itemsize: int, flops: float, *, matrices: int, held: int, activations: int = 12) -> Cost:
    """``matrices``: D x D arrays read or written; ``held``: those alive at the peak beside the weights."""
    batch = p.B * p.D * itemsize
    square = p.D**2 * itemsize
    return Cost(
        flops=float(flops),
        bytes=float(matrices * square + activations * p.L * batch),
        peak_bytes=float(held * square + (min(activations, 4) * p.L + 2) * batch),
        least_bytes=float(min(held, p.L) * square),
    )
