"""Cost formulas of the implicit methods: products per sample, and the FLOPs and bytes of them.

One product (vjp, jvp or evaluation of T) is ``2 B D^2`` FLOPs in the layer and ``36 B C D`` in the conv block (two 3 x
3 convolutions); a parameter-vjp is as much in the layer, half as much again in the block. Iterative methods are counted
by their iterations n, the number that the kernel returns for its slowest sample: a batch goes on until its last sample
is done. Where the true residual falls short at the end (in float32, at tolerances near what it holds), a method starts
again from there, and takes a product more than the formula for each time. Vector work, O(B D) a product and O(m B D)
with m kept vectors, is in the bytes only. Tests hold the counts to what a wrapped operator counts.
"""

from __future__ import annotations

from bench_core.implicit.segments import segments
from bench_core.implicit.settings import KEPT, WINDOW
from bench_core.method import Cost


def parameter_vjp(p, itemsize: int) -> Cost:
    """One parameter-vjp and nothing else."""
    return _cost(p, itemsize)


def jfb(p, itemsize: int) -> Cost:
    """No product: w = v."""
    return _cost(p, itemsize)


def jfb_layer(p, itemsize: int) -> Cost:
    """One evaluation, and reverse mode back through it."""
    return _cost(p, itemsize, evaluations=1, vectors=3)


def neumann_k(k: int):
    """k vjps by Horner's rule."""

    def cost(p, itemsize: int) -> Cost:
        return _cost(p, itemsize, vjps=k, vectors=2)

    return cost


def neumann(p, itemsize: int, n: int) -> Cost:
    """n vjps, and one more for the true residual at the end."""
    return _cost(p, itemsize, vjps=n + (n > 0), vectors=3)


def gmres_k(k: int):
    """k vjps; a vector is kept of each."""

    def cost(p, itemsize: int) -> Cost:
        return _cost(p, itemsize, vjps=k, vectors=k + 4)

    return cost


def bicgstab_k(k: int):
    """k vjps, one each half step."""

    def cost(p, itemsize: int) -> Cost:
        return _cost(p, itemsize, vjps=k, vectors=7)

    return cost


def neumann_warm(p, itemsize: int, n: int) -> Cost:
    """As ``neumann``, and one vjp for the residual that it starts from."""
    return _cost(p, itemsize, vjps=1 + n + (n > 0), vectors=4)


def gmres_warm(p, itemsize: int, n: int) -> Cost:
    """As ``gmres``, and one vjp for the residual that it starts from."""
    return _cost(p, itemsize, vjps=1 + n + -(-n // KEPT), vectors=min(n, KEPT) + 4)


def phantom(k: int):
    """k - 1 vjps: the first step starts from zero."""

    def cost(p, itemsize: int) -> Cost:
        return _cost(p, itemsize, vjps=k - 1, vectors=2)

    return cost


def cg(p, itemsize: int, n: int) -> Cost:
    """n vjps and n jvps, and one more vjp for the true residual at the end."""
    return _cost(p, itemsize, vjps=n + (n > 0), jvps=n, vectors=5)


def cg_published(p, itemsize: int, n: int) -> Cost:
    """1 + 3 n vjps and 2 + 3 n jvps: ``J J^T`` is applied three times an iteration."""
    return _cost(p, itemsize, vjps=1 + 3 * n, jvps=2 + 3 * n, vectors=5)


def cg_published_shared(p, itemsize: int, n: int) -> Cost:
    """1 + 2 n vjps and 2 + 2 n jvps: two of the three are of the same vector, and a compiler makes one of them."""
    return _cost(p, itemsize, vjps=1 + 2 * n, jvps=2 + 2 * n, vectors=5)


def gmres(p, itemsize: int, n: int) -> Cost:
    """n vjps, and one more for the true residual after every cycle."""
    return _cost(p, itemsize, vjps=n + -(-n // KEPT), vectors=min(n, KEPT) + 3)


def bicgstab(p, itemsize: int, n: int) -> Cost:
    """n vjps, n counted in half steps, and one more for the true residual at the end."""
    return _cost(p, itemsize, vjps=n + (n > 0), vectors=7)


def anderson(p, itemsize: int, n: int) -> Cost:
    """n vjps: the first residual is v itself."""
    return _cost(p, itemsize, vjps=n, vectors=2 * WINDOW + 5)


def broyden(p, itemsize: int, n: int) -> Cost:
    """n vjps: the first residual is v itself."""
    return _cost(p, itemsize, vjps=n, vectors=2 * min(n, WINDOW) + 5)


def peer(p, itemsize: int, n: int) -> Cost:
    """n products, as counted, or guessed where the library hides them."""
    return _cost(p, itemsize, vjps=n, vectors=6)


def shine(p, itemsize: int) -> Cost:
    """No product: the pairs are the forward solve's, KEPT at most."""
    return _cost(p, itemsize, vectors=2 * KEPT + 2)


def dense(held: int):
    """An LU of (2/3) D^3 for each of the B, and in the block a product of 2 D^3 that forms what it is of; no product
    with rows. A Jacobian and its factors are there at once of each of the samples that ``held`` numbers have room for.
    """

    def cost(p, itemsize: int) -> Cost:
        rest, square, conv = _cost(p, itemsize), float(p.D**2), p.T == "conv"
        # The block's kernels as matrices: two convolutions of D images, once for all.
        forming = 2.0 * p.B * p.D**3 + 36.0 * p.channels * square if conv else 0.0
        samples = min(p.B, max(1, held // p.D**2))
        return Cost(
            flops=rest.flops + p.B * 2 / 3 * p.D**3 + forming,
            bytes=rest.bytes + (6 if conv else 4) * p.B * square * itemsize,
            peak_bytes=rest.peak_bytes + (2 * samples + 3 * conv) * square * itemsize,
            least_bytes=rest.least_bytes + square * itemsize,
        )

    return cost


def unrolled(K: int):
    """K evaluations, and K - 1 vjps and K parameter-vjps back through them; K states are kept."""

    def cost(p, itemsize: int) -> Cost:
        return _cost(p, itemsize, vjps=K - 1, evaluations=K, pulls=K, vectors=3 * K)

    return cost


def unrolled_checkpointed(K: int):
    """As ``unrolled``, with all segments but the last evaluated twice; about 2 sqrt(K) states are kept."""
    length, count, _ = segments(K)

    def cost(p, itemsize: int) -> Cost:
        return _cost(p, itemsize, vjps=K - 1, evaluations=K + count * length, pulls=K, vectors=int(6 * K**0.5))

    return cost


def forward_picard(p, itemsize: int, n: int) -> Cost:
    """n evaluations."""
    return _cost(p, itemsize, evaluations=n, pulls=0, vectors=2)


def forward_anderson(p, itemsize: int, n: int) -> Cost:
    """n + 1 evaluations: the first has no step behind it."""
    return _cost(p, itemsize, evaluations=n + 1, pulls=0, vectors=2 * WINDOW + 5)


def forward_broyden(p, itemsize: int, n: int) -> Cost:
    """n + 1 evaluations: the first has no step behind it."""
    return _cost(p, itemsize, evaluations=n + 1, pulls=0, vectors=2 * min(n, WINDOW) + 5)


def _cost(
    p, itemsize: int, *, vjps: int = 0, jvps: int = 0, evaluations: int = 0, pulls: int = 1, vectors: int = 1
) -> Cost:
    """``pulls``: parameter-vjps; ``vectors``: arrays of B x D numbers alive at the peak."""
    conv = p.T == "conv"
    product = 36.0 * p.B * p.channels * p.D if conv else 2.0 * p.B * p.D**2
    weights = 18.0 * p.channels**2 if conv else float(p.D**2)
    # The block's parameter-vjp: two kernel gradients, and one convolution back to the first of them.
    batch, calls = p.B * p.D, vjps + jvps + evaluations + (1.5 if conv else 1) * pulls
    return Cost(
        flops=calls * product,
        bytes=itemsize * (calls * (weights + 4 * batch) + 2 * vectors * batch),
        vjps=vjps,
        jvps=jvps,
        evaluations=evaluations,
        peak_bytes=itemsize * (pulls > 0) * weights + itemsize * (vectors + 2) * batch,
        least_bytes=itemsize * (pulls > 0) * weights + itemsize * batch,
    )
