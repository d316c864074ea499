"""From a method's function to a kernel: arguments, settings and names, the same for both backends."""

from __future__ import annotations

from functools import partial
from typing import Any

from bench_core.kernel import Kernel
from bench_core.score.settings import chunk


class ScoreKernel(Kernel):
    """See :class:`bench_core.kernel.Kernel`."""

    def _build(self) -> None:
        p, computes = self._problem, self._method.computes
        self._curl = computes.startswith("curl")
        probed = self._curl or computes == "sliced"
        self._data = ("y", "v") if probed else ("x", "y")
        names = p.parameters(computes)
        place = self._place((*self._data, *names))
        self.parameters = {name: place[name] for name in names}
        self._scalars = () if probed else (self._backend.scalar(p.sigma, self._device, self._dtype),)
        function, settings = self._method.function, self._method.settings
        if self._method.declaration.chunked:
            settings["chunk"] = chunk(self._device)
        call = partial(function, **settings) if settings else function
        self._call = self._backend.prepare(call, self._arguments(), self._form, ())

    def _arguments(self) -> tuple:
        return (*(self._placed[name] for name in self._data), self.parameters, *self._scalars)

    def _named(self, out: Any) -> dict[str, Any]:
        if self._curl:
            return {"curl": out}
        loss, gradients = out
        return {"loss": loss, **gradients}
