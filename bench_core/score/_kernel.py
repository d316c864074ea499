"""From a method's function to a kernel: arguments and names, the same for both backends."""

from __future__ import annotations

from typing import Any

from bench_core.kernel import Kernel


class ScoreKernel(Kernel):
    """See :class:`bench_core.kernel.Kernel`."""

    def _build(self) -> None:
        p, computes = self._problem, self._method.computes
        self._curl = computes.startswith("curl")
        names = p.parameters(computes)
        place = self._place((*(("y", "v") if self._curl else ("x", "y")), *names))
        self.parameters = {name: place[name] for name in names}
        self._scalars = () if self._curl else (self._backend.scalar(p.sigma, self._device, self._dtype),)
        self._call = self._backend.prepare(self._method.function, self._arguments(), self._form, ())

    def _arguments(self) -> tuple:
        data = [self._placed[name] for name in (("y", "v") if self._curl else ("x", "y"))]
        return (*data, self.parameters, *self._scalars)

    def _named(self, out: Any) -> dict[str, Any]:
        if self._curl:
            return {"curl": out}
        loss, gradients = out
        return {"loss": loss, **gradients}
