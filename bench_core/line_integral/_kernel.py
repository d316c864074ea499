"""From a method's function to a kernel: arguments, settings and names, the same for both backends."""

from __future__ import annotations

from typing import Any

from bench_core.kernel import Kernel


class LineIntegralKernel(Kernel):
    """See :class:`bench_core.kernel.Kernel`."""

    def _build(self) -> None:
        method, J = self._method, self._problem.J
        names = ("W0", "b0", "W1", "b1")
        place = self._place((*self._data, *names))
        self.parameters = {name: place[name] for name in names}

        def call(*arguments: Any) -> dict[str, Any]:
            return method.function(*arguments, J, **method.settings)

        self._call = self._backend.prepare(call, self._arguments(), self._form, ())

    @property
    def _data(self) -> tuple[str, ...]:
        return ("x", "target") if self._method.computes == "integral" else ("target",)

    def _arguments(self) -> tuple:
        return (*(self._placed[name] for name in self._data), self.parameters)

    def _named(self, out: Any) -> dict[str, Any]:
        return {name: array for name, array in out.items() if name != "evaluations"}

    def iterations(self, out: Any) -> int | None:
        """Evaluations of J that an adaptive method took; None of one that does not adapt."""
        return int(out["evaluations"]) if "evaluations" in out else None
