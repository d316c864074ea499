"""The curl of psi by several probes a sample, normal or of signs."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from bench_core.score.jax._network import Parameters, products_of
from bench_core.score.settings import check_probes


def curl_probes(y: Array, v: Array, parameters: Parameters, k: int, rademacher: bool) -> Array:
    """The mean of ``|J v_j - J^T v_j|^2`` over k probes of every sample: an estimate of ``|J - J^T|_F^2``, J that of
    psi.

    The relative spread falls as ``1 / sqrt(k)``. Signs are normal numbers without their size: the diagonal of what is
    squared then has no noise, so that they are never noisier. The j-th probe of a sample is the v of the j-th sample
    after it: of one sample they are independent.

    y, v (B, d), parameters of psi as in ``psi``, k from 1 to B, rademacher whether signs are taken. Returns (B,). Cost:
    k jvps and k vjps, 2B ((1 + 4k) dH + (1 + 2k) (L-1) H^2) FLOPs. Raises ``ValueError`` for another k,
    ``TypeError`` (JAX) where shapes do not fit. Source: Hutchinson 1990, on the asymmetry J - J^T.
    """
    check_probes(k, len(v))
    probes = jnp.sign(v) if rademacher else v
    moved = jnp.stack([jnp.roll(probes, -j, 0) for j in range(k)])
    forward, back = jax.vmap(lambda probe: products_of(y, probe, parameters))(moved)
    return ((forward - back) ** 2).sum(2).mean(0)
