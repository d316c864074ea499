"""asv: gradients through a fixed point."""

import math

from benchmarks._door import _Door, parameters


class _Implicit(_Door):
    """Adds the products of a call; one class a sweep of the profile (``benchmarks/harness/profile.py``)."""

    family = "implicit"

    def track_products(self, method, *sizes):
        """Vector-Jacobian and Jacobian-vector products per sample, and evaluations of T by a forward solver."""
        rows = [row["products"] for row in self._rows(method, sizes) if row.get("products")]
        return max((sum(row[kind] for kind in ("vjps", "jvps", "evaluations")) for row in rows), default=math.nan)

    track_products.unit = "products"


class Torch(_Implicit):
    backend = "torch"
    params, param_names = parameters("implicit", backend).values()


class TorchSpectrum(_Implicit):
    backend = "torch"
    params, param_names = parameters("implicit", backend, "Spectrum").values()


class TorchSingle(_Implicit):
    backend = "torch"
    params, param_names = parameters("implicit", backend, "Single").values()


class TorchConv(_Implicit):
    backend = "torch"
    params, param_names = parameters("implicit", backend, "Conv").values()


class TorchLarge(_Implicit):
    backend = "torch"
    params, param_names = parameters("implicit", backend, "Large").values()


class Jax(_Implicit):
    backend = "jax"
    params, param_names = parameters("implicit", backend).values()


class JaxSpectrum(_Implicit):
    backend = "jax"
    params, param_names = parameters("implicit", backend, "Spectrum").values()


class JaxSingle(_Implicit):
    backend = "jax"
    params, param_names = parameters("implicit", backend, "Single").values()


class JaxConv(_Implicit):
    backend = "jax"
    params, param_names = parameters("implicit", backend, "Conv").values()


class JaxLarge(_Implicit):
    backend = "jax"
    params, param_names = parameters("implicit", backend, "Large").values()
