"""asv: functions that are integrals of a learned Jacobian."""

from benchmarks._door import _Door, parameters


class Torch(_Door):
    family, backend = "line_integral", "torch"
    params, param_names = parameters(family, backend).values()


class TorchBounded(_Door):
    family, backend = "line_integral", "torch"
    params, param_names = parameters(family, backend, "Bounded").values()


class TorchKronecker(_Door):
    family, backend = "line_integral", "torch"
    params, param_names = parameters(family, backend, "Kronecker").values()


class TorchSingle(_Door):
    family, backend = "line_integral", "torch"
    params, param_names = parameters(family, backend, "Single").values()


class Jax(_Door):
    family, backend = "line_integral", "jax"
    params, param_names = parameters(family, backend).values()


class JaxBounded(_Door):
    family, backend = "line_integral", "jax"
    params, param_names = parameters(family, backend, "Bounded").values()


class JaxKronecker(_Door):
    family, backend = "line_integral", "jax"
    params, param_names = parameters(family, backend, "Kronecker").values()


class JaxSingle(_Door):
    family, backend = "line_integral", "jax"
    params, param_names = parameters(family, backend, "Single").values()
