"""From a method's function to a kernel: arguments, settings and names, the same for both backends."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench_core.kernel import Kernel
from bench_core.line_integral._inverse import Inverse, find_singular
from bench_core.line_integral._network import Network
from bench_core.line_integral._root import Root
from bench_core.line_integral.settings import chunk, gauss_legendre
from bench_core.precision import PRECISIONS

# What torch raises of a matrix that it cannot factorise, and torchdiffeq of steps that become too small.
FAILURES = ("_LinAlgError", "AssertionError")


class LineIntegralKernel(Kernel):
    """See :class:`bench_core.kernel.Kernel`.

    ``run`` (torch) and ``to_numpy`` (JAX, whose programs cannot raise) raise ``SingularJacobian`` for an inverse that
    does not exist, and ``to_numpy`` a ``ValueError`` where adaptive steps, or the search for a root, ended without a
    result.
    """

    def _build(self) -> None:
        method, J = self._method, self._problem.J
        names = ("W0", "b0", "W1", "b1")
        place = self._place((*self._data, *names))
        self.parameters = {name: place[name] for name in names}
        settings = method.settings
        if method.declaration.chunked:
            settings["chunk"] = chunk(self._device, method.computes)

        def call(*arguments: Any) -> dict[str, Any]:
            return method.function(*arguments, J, **settings)

        self._call = self._backend.prepare(call, self._arguments(), self._form, ())

    @property
    def _data(self) -> tuple[str, ...]:
        return ("x", "target") if self._method.computes == "integral" else ("target",)

    def _arguments(self) -> tuple:
        return (*(self._placed[name] for name in self._data), self.parameters)

    def _answer(self) -> Any:
        try:
            return super()._answer()
        except Exception as error:
            if type(error).__name__ not in FAILURES:
                raise
            failure = error
        self._explain()
        raise failure

    def _named(self, out: Any) -> dict[str, Any]:
        return {name: array for name, array in out.items() if name != "evaluations"}

    def to_numpy(self, out: Any) -> dict[str, np.ndarray]:
        arrays = super().to_numpy(out)
        if not all(np.isfinite(array).all() for array in arrays.values()):
            self._explain()
            if self._method.iterative:
                what = "the search for a root" if self._method.computes == "inverse_root" else "adaptive steps"
                raise ValueError(f"{what} ended without a result, after {self.iterations(out)} evaluations of J")
        return arrays

    def iterations(self, out: Any) -> int | None:
        """Evaluations of J that an adaptive method took, of a sample; None of one that does not adapt."""
        return int(out["evaluations"]) if "evaluations" in out else None

    def _explain(self) -> None:
        """Raise ``SingularJacobian`` if that is why an inverse failed, on the arrays that it was given."""
        computes, settings = self._method.computes, self._method.settings
        if computes == "integral":  # nothing is inverted
            return
        given = {name: self._backend.to_numpy(a).astype(np.float64) for name, a in self._placed.items()}
        network, y, eps = Network(given, self._problem.J), given["target"], PRECISIONS[self._dtype].eps
        if computes == "inverse_root":
            Root(network, y, settings["Q"]).find_singular(settings["tol"], eps)
            return

        def walk(inverse: Inverse) -> object:
            if computes == "inverse_rk4":
                return inverse.runge_kutta(settings["steps"])
            if self._method.iterative:
                return inverse.adaptive(settings["tol"], settings["tol"])
            return inverse.as_printed(gauss_legendre(settings["Q"]))

        find_singular(network, y, walk, eps)
