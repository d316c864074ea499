"""asv: log-determinant gradients."""

from benchmarks._door import _Door, parameters


class Torch(_Door):
    family, backend = "logdet", "torch"
    params, param_names = parameters(family, backend).values()


class Jax(_Door):
    family, backend = "logdet", "jax"
    params, param_names = parameters(family, backend).values()
