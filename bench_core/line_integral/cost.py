"""Cost formulas of the line_integral methods: matrix products and factorisations, two FLOPs for a multiply-add.

One evaluation of the network at n points is ``2n (dH + Hm)``, m the outputs; its gradient by the parameters ``2n (dH +
2Hm)`` more (none by the points). On top comes what the kind of Jacobian asks for, per point: ``J c`` and its gradient
by the outputs, s = sqrt(d):

    free ... tanh  2 products of d^2       kronecker       5 of s^3
    psd            5 of d^2                kronecker_psd  11 of s^3
    psd formed     3 of d^3 and 2 of d^2   kronecker formed  2 of d^2

``peak_bytes`` is that of the CPU's chunk; on a GPU it may be 2 GiB more.

Tests hold ``flops`` to the operations of ATen and of the compiled HLO.
"""

from __future__ import annotations

from dataclasses import replace
from math import isqrt

from bench_core.line_integral.settings import NEWTON_NODES, PLAIN, chunk, evaluations
from bench_core.method import Cost

# Products of ``J c`` alone (the adjoint equation's way forward), and with its gradient.
FORWARD = {**dict.fromkeys((*PLAIN, "tanh"), 1), "psd": 2, "kronecker": 2, "kronecker_psd": 4}
BOTH = {**dict.fromkeys((*PLAIN, "tanh"), 2), "psd": 5, "kronecker": 5, "kronecker_psd": 11}


def quadrature(Q: int, formed: bool = False):
    """Q evaluations a sample with their gradients."""

    def cost(p, itemsize: int) -> Cost:
        return _gradient(p, itemsize, Q, formed)

    return cost


def averaged_hidden(Q: int):
    """Q evaluations of the hidden layer, which are what is counted, by one product with W0; one of the output layer."""

    def cost(p, itemsize: int) -> Cost:
        flops = 2.0 * p.B * (2 * p.d * p.H + 3 * p.H * p.outputs + 2 * p.d**2)
        return replace(_cost(p, itemsize, flops, evaluations=1, held=p.B), evaluations=Q)

    return cost


def psd_applied(Q: int):
    """Q evaluations of the hidden layer by one product with W0; the output layer contracted with c and with the nodes'
    sum.
    """

    def cost(p, itemsize: int) -> Cost:
        kept = p.B * p.d * p.H
        flops = 2.0 * p.B * (5 * p.d**2 * (p.H + 1) + (6 * Q + 2) * p.d * p.H)
        moved = 5 * p.outputs * p.H + 8 * kept + p.B * Q * (8 * p.H + 5 * p.d)
        peak = p.outputs * p.H + 4 * kept + p.B * Q * (4 * p.H + p.d)
        parameters = p.outputs * (p.H + 1) + p.H * (p.d + 1)
        return Cost(
            flops=flops,
            bytes=float(itemsize * moved),
            evaluations=Q,
            peak_bytes=float(itemsize * peak),
            least_bytes=float(itemsize * parameters),
        )

    return cost


def dopri5(way: str):
    """n evaluations, differentiated ``direct``, all of them held; the ``adjoint`` equation evaluates as often again,
    with a gradient each, and so does what goes over accepted steps ``again``, where none was rejected. diffrax
    evaluates on the way back all of a ``step`` again, and then each of its stages once more, with its gradient: of the
    two evaluations to begin one has none.
    """

    def cost(p, itemsize: int, n: int) -> Cost:
        if way == "direct":
            return _gradient(p, itemsize, n, False, held=n * p.B)
        alone, back = (2 * n - 2, n - 1) if way == "step" else (n, n)
        forward = alone * p.B * (2.0 * (p.d * p.H + p.H * p.outputs) + _applied(p, FORWARD))
        again = _gradient(p, itemsize, back, False, held=p.B)
        return _cost(p, itemsize, forward + again.flops, evaluations=n, held=p.B)

    return cost


def inverse_rk4(solver: str, steps: int):
    """4 evaluations and solves a step."""

    def cost(p, itemsize: int) -> Cost:
        return _solves(p, itemsize, solver, 4 * steps)

    return cost


def inverse_dopri5(solver: str):
    """n evaluations and solves."""

    def cost(p, itemsize: int, n: int) -> Cost:
        return _solves(p, itemsize, solver, n)

    return cost


def inverse_newton(p, itemsize: int, n: int) -> Cost:
    """n evaluations and an LU a step, with d vjps of the integral; of a Hessian n of the hidden layer, which are what
    is counted, two products with each layer, and Cholesky.
    """
    steps = n / evaluations(p.J, NEWTON_NODES)
    if p.J == "hessian":
        flops = steps * p.B * (4.0 * (p.d * p.H + p.H * p.outputs) + p.d**3 / 3 + 4 * p.d**2)
        beside = p.B * (3 * p.d**2 + 2 * NEWTON_NODES * p.H)
        whole = _cost(p, itemsize, flops, evaluations=round(2 * steps), held=p.B, beside=beside, gradients=0)
        return replace(whole, evaluations=n)
    # Half of the evaluations are taken back, d times each.
    back = p.d / 2
    points = 2.0 * n * p.B * (1 + back) * (p.d * p.H + p.H * p.outputs)
    points += n * p.B * (_applied(p, FORWARD) + back * (_applied(p, BOTH) - _applied(p, FORWARD)))
    solves = steps * p.B * (2 / 3 * p.d**3 + 2 * p.d**2)
    held = NEWTON_NODES * p.B
    return _cost(p, itemsize, points + solves, evaluations=n, held=held, beside=p.B * 3 * p.d**2, gradients=0)


def inverse_as_printed(Q: int):
    """Q evaluations and LU solves."""

    def cost(p, itemsize: int) -> Cost:
        return _solves(p, itemsize, "lu", Q)

    return cost


def _applied(p, products: dict[str, int]) -> float:
    """FLOPs a point of ``J c`` (and its gradient), without forming J."""
    return 2.0 * products[p.J] * (isqrt(p.d) ** 3 if p.J.startswith("kronecker") else p.d**2)


def _gradient(p, itemsize: int, evaluations: int, formed: bool, held: int = 0) -> Cost:
    points = evaluations * p.B
    inner, numbers = _applied(p, BOTH), p.outputs
    if formed:
        inner, numbers = 4.0 * p.d**2 + (6.0 * p.d**3 if p.J == "psd" else 0), p.d**2
    flops = points * (2.0 * (2 * p.d * p.H + 3 * p.H * p.outputs) + inner)
    # Whole samples, of which one at least is held at all its nodes.
    held = held or min(points, max(evaluations, chunk("cpu") // numbers))
    beside = 3 * held * numbers if formed else 0
    return _cost(p, itemsize, flops, evaluations=evaluations, held=held, beside=beside)


def _solves(p, itemsize: int, solver: str, evaluations: int) -> Cost:
    """LU (2/3) d^3 and Cholesky (1/3) d^3 of a J that is formed first; the Kronecker factors' own."""
    s, d = isqrt(p.d), p.d
    if solver == "kronecker":
        # Two LU and 2s right-hand sides; or two symmetric eigenproblems (9 s^3), their matrices and four products.
        work = 2 * (2 / 3 + 2) * s**3 if p.J == "kronecker" else (2 * 9 + 4 + 8) * s**3
    else:
        work = (2 / 3 if solver == "lu" else 1 / 3) * d**3 + 2 * d**2
        work += 2 * d**3 if p.J in ("psd", "kronecker_psd") else 0
    flops = evaluations * p.B * (2.0 * (d * p.H + p.H * p.outputs) + work)
    dense = 0 if solver == "kronecker" else 3 * d**2
    return _cost(p, itemsize, flops, evaluations=evaluations, held=p.B, beside=p.B * dense, gradients=0)


def _cost(
    p, itemsize: int, flops: float, *, evaluations: int, held: int, beside: float = 0, gradients: int = 1
) -> Cost:
    """``held``: points whose outputs are alive at once; ``beside``: other numbers."""
    parameters = p.outputs * (p.H + 1) + p.H * (p.d + 1)
    points = evaluations * p.B
    return Cost(
        flops=float(flops),
        bytes=float(itemsize * ((1 + 2 * gradients) * parameters + points * (6 * p.outputs + 4 * p.H))),
        evaluations=evaluations,
        peak_bytes=float(itemsize * (gradients * parameters + held * (4 * p.outputs + 4 * p.H) + beside)),
        least_bytes=float(itemsize * (gradients * parameters + p.B * p.d * (1 - gradients))),
    )
