"""asv: networks that stand for a gradient."""

from benchmarks._door import _Door, parameters


class Torch(_Door):
    family, backend = "score", "torch"
    params, param_names = parameters(family, backend).values()


class TorchDepth(_Door):
    family, backend = "score", "torch"
    params, param_names = parameters(family, backend, "Depth").values()


class Jax(_Door):
    family, backend = "score", "jax"
    params, param_names = parameters(family, backend).values()


class JaxDepth(_Door):
    family, backend = "score", "jax"
    params, param_names = parameters(family, backend, "Depth").values()
