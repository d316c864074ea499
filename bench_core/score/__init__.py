"""Networks that stand for a gradient (Saremi 2019): psi trained directly, phi through its own gradient."""

from __future__ import annotations

import sys

from bench_core.method import Declaration
from bench_core.score import cost
from bench_core.score._kernel import ScoreKernel
from bench_core.score.problem import ScoreProblem

__all__ = ["METHODS", "ScoreProblem", "kernel", "problem"]

problem = ScoreProblem
kernel = ScoreKernel

# Probes are read now and then, never trained through: compiling them would answer no question.
_PLAIN = (("torch", ("eager",)), ("jax", ("jit",)))
_GRAPH = (("torch", ("eager", "graph")), ("jax", ("jit",)))
# As torch runs it and as XLA does.
_FORWARD_OVER_REVERSE = {"torch": cost.phi_forward_over_reverse, "jax": cost.phi_forward_over_reverse_shared}


def _probes(k: int, rademacher: bool) -> Declaration:
    """k probes a sample, an estimate: judged by the curl itself, as no exact row is."""
    return Declaration(
        f"curl_{'rademacher' if rademacher else 'probes'}_{k}",
        "curl_probes",
        cost.curl_probes(k),
        f"Hutchinson 1990, |J - J^T|_F^2 by {'signs' if rademacher else 'normal probes'}",
        exact=False,
        forms=_PLAIN,
        kernel="curl_probes",
        settings=(("k", k), ("rademacher", rademacher)),
        only=(("B", range(k, sys.maxsize)),) if k > 1 else (),
    )


METHODS = (
    Declaration("psi", "psi", cost.psi, "Saremi 2019, eq. of L[psi]"),
    Declaration("psi_closed_form", "psi", cost.psi_closed_form, "the derivatives of L[psi] of Saremi 2019 by hand"),
    Declaration("sliced", "sliced", cost.sliced, "Song et al. 2019 (SSM-VR), of psi", forms=_GRAPH),
    Declaration("phi", "phi", cost.phi, "Saremi 2019, eq. of L(theta), by double backpropagation"),
    Declaration(
        "phi_forward_over_reverse", "phi", _FORWARD_OVER_REVERSE, "Pearlmutter 1994, on L(theta) of Saremi 2019"
    ),
    Declaration("phi_closed_form", "phi", cost.phi_closed_form, "the derivatives of L(theta) of Saremi 2019 by hand"),
    Declaration("psi_tied", "tied", cost.psi_tied, "Saremi 2019, eq. 2: theta1 = S theta0"),
    Declaration("curl_jvp_vjp", "curl_difference", cost.curl_probe, "E |Jv - J^T v|^2 = |J - J^T|_F^2", forms=_PLAIN),
    Declaration(
        "curl_published",
        "curl_moments",
        cost.curl_probe,
        "E [|J^T v|^2 - v^T J J v] = |J - J^T|_F^2 / 2 (Chao et al. 2022, QCSBM)",
        forms=_PLAIN,
    ),
    Declaration("curl_dense", "curl", cost.curl_dense, "|J - J^T|_F^2, J formed", chunked=True, forms=_PLAIN),
    *(_probes(k, rademacher=False) for k in (4, 16)),
    *(_probes(k, rademacher=True) for k in (1, 4, 16)),
)
