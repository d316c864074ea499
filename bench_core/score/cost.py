"""Cost formulas of the score methods: matrix products, two FLOPs for a multiply-add.

With L hidden layers of H units one pass through psi, forward or back, is ``2B (2dH + (L-1) H^2)``; the readout of phi
is a vector, and its 2BH are left out. A gradient by parameters needs none by the data: the first layer is one product
short. Tests hold ``flops`` to the operations of ATen and of the compiled HLO; where XLA removes what eager code does
twice there is a formula for each. ``peak_bytes`` is that of the CPU's chunk; on a GPU that of dense Jacobians may be
2 GiB more.
"""

from __future__ import annotations

from bench_core.method import Cost
from bench_core.score.settings import chunk


def psi(p, itemsize: int) -> Cost:
    """``2B (5dH + 3(L-1)H^2)``: forward, back without the first layer, one product a weight."""
    return _cost(p, itemsize, wide=5, square=3)


def psi_closed_form(p, itemsize: int) -> Cost:
    """``2B (5dH + 3(L-1)H^2)``, as by reverse mode."""
    return _cost(p, itemsize, wide=5, square=3)


def sliced(p, itemsize: int) -> Cost:
    """``2B (9dH + 6(L-1)H^2)``: the network and its tangent, each forward, back and once a weight.

    Of the last of them the tangent's forward and back are one product, ``v V``.
    """
    return _cost(p, itemsize, wide=9, square=6, held=2)


def phi(p, itemsize: int) -> Cost:
    """``2B (5dH + 6(L-1)H^2)``: every product of phi's gradient is taken back twice, but for the first."""
    return _cost(p, itemsize, wide=5, square=6, held=2)


def phi_forward_over_reverse(p, itemsize: int) -> Cost:
    """``2B (8dH + 11(L-1)H^2)`` : phi's gradient, then its parameter gradient with a tangent beside every number.

    torch's forward mode also multiplies by the tangents of the weights, which are zero.
    """
    return _cost(p, itemsize, wide=8, square=11, held=2)


def phi_forward_over_reverse_shared(p, itemsize: int) -> Cost:
    """``2B (5dH + 6(L-1)H^2)``: a compiler shares the first pass with the second and drops the primal gradients."""
    return _cost(p, itemsize, wide=5, square=6, held=2)


def phi_closed_form(p, itemsize: int) -> Cost:
    """``2B (5dH + 6(L-1)H^2)``, nothing taken twice."""
    return _cost(p, itemsize, wide=5, square=6, held=2)


def psi_tied(p, itemsize: int) -> Cost:
    """``2B 5dH``: one hidden layer, whose weights are read forward twice."""
    return _cost(p, itemsize, wide=5, square=0)


def curl_probe(p, itemsize: int) -> Cost:
    """One jvp and one vjp, and the hidden layers forward: ``2B (5dH + 3(L-1)H^2)``."""
    return _cost(p, itemsize, wide=5, square=3, vjps=1, jvps=1, gradients=0)


def curl_probes(k: int):
    """k jvps and k vjps, and the hidden layers forward once: ``2B ((1 + 4k) dH + (1 + 2k) (L-1) H^2)``."""

    def cost(p, itemsize: int) -> Cost:
        return _cost(p, itemsize, wide=1 + 4 * k, square=1 + 2 * k, held=k, vjps=k, jvps=k, gradients=0)

    return cost


def curl_dense(p, itemsize: int) -> Cost:
    """The hidden layers forward and d rows of every Jacobian: ``(d + 1) x 2B (dH + (L-1)H^2)``."""
    return _cost(p, itemsize, wide=p.d + 1, square=p.d + 1, gradients=0, jacobian=True)


def _cost(
    p,
    itemsize: int,
    *,
    wide: float,
    square: float,
    held: int = 1,
    vjps: int = 0,
    jvps: int = 0,
    gradients: int = 1,
    jacobian: bool = False,
) -> Cost:
    """``wide``, ``square``: products with a d x H and with every H x H matrix; ``held``: passes whose activations are
    kept.
    """
    inner = p.L - 1
    parameters = 2 * p.d * p.H + inner * p.H**2
    activations = p.B * (2 * p.L * p.H + 3 * p.d)
    dense, most = p.B * p.d**2 if jacobian else 0, 4 * max(p.d**2, chunk("cpu"))  # one sample's at least
    return Cost(
        flops=2.0 * p.B * (wide * p.d * p.H + square * inner * p.H**2),
        bytes=float(itemsize * (3 * parameters + (wide + square) * activations / 2 + 3 * dense)),
        vjps=vjps,
        jvps=jvps,
        peak_bytes=float(itemsize * (gradients * parameters + 2 * held * activations + min(dense, most))),
        least_bytes=float(itemsize * gradients * parameters),
    )
