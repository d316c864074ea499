"""jax: the kernels over a mesh of devices, of one process or of several, by ``NamedSharding`` under ``jit``.

In several processes call ``jax.distributed.initialize`` first; each then runs the same lines.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from bench_core.backends.jax import pinned
from bench_core.logdet.sharded import layout
from bench_core.method import Method
from bench_core.precision import PRECISIONS

AXIS = "devices"


def make_mesh(devices: int | None = None) -> Mesh:
    """So many devices (all: None) of all processes in a row, with an axis that XLA divides automatically.

    ``jax.make_mesh`` gives an explicit one, under which ``jnp.linalg.inv`` refuses a W that is cut.
    Raises ``ValueError`` where there are fewer.
    """
    found = jax.devices()
    if devices is not None and devices > len(found):
        raise ValueError(f"{devices} devices asked for; there are {len(found)}")
    return Mesh(np.asarray(found[:devices]), (AXIS,), axis_types=(AxisType.Auto,))


def prepare(method: Method, problem: Any, mesh: Mesh, dtype: str = "float32") -> jax.stages.Compiled:
    """The kernel compiled for arrays that lie as the layout says, from their shapes alone: no array is made.

    Results lie as the parameters do; what works in place has them donated. ``as_text()`` shows the collectives,
    ``memory_analysis()`` the bytes of one device. Raises ``ValueError`` for sizes that cannot be cut so.
    """
    layout.check(method, problem, mesh.size)
    numbers = PRECISIONS[dtype].numbers

    def describe(name: str) -> jax.ShapeDtypeStruct:
        kind = np.int32 if layout.is_order(name) else numbers
        return jax.ShapeDtypeStruct(layout.shape(problem, name), kind, sharding=_sharding(method, name, mesh))

    function, given = layout.function(method), layout.arrange(method, problem, describe)
    donated = tuple(range(1, 4 if method.computes == "value" else 3)) if method.in_place else ()
    wanted = layout.results(method, problem, lambda name: _sharding(method, name, mesh))

    def run(*given: Any) -> tuple:
        weights, biases, *value = function(*given)
        return (tuple(weights), tuple(biases), *value)

    with pinned(dtype):
        return jax.jit(run, donate_argnums=donated, out_shardings=wanted).lower(*given).compile()


def place(method: Method, problem: Any, mesh: Mesh, dtype: str = "float32") -> tuple:
    """The kernel's arguments, on each device its own part of the problem's arrays and of nothing else."""
    layout.check(method, problem, mesh.size)
    numbers = PRECISIONS[dtype].numbers

    def put(name: str) -> jax.Array:
        array, kind = layout.value(method, problem, name), np.int32 if layout.is_order(name) else numbers

        def cut_out(index: Any) -> np.ndarray:
            return np.array(array[index], dtype=kind)  # a copy: a donated buffer is not the problem's

        return jax.make_array_from_callback(array.shape, _sharding(method, name, mesh), cut_out)

    with pinned(dtype):
        return layout.arrange(method, problem, put)


def gather(array: jax.Array) -> np.ndarray:
    """The whole of a result on the host, in every process; all of them must ask."""
    if array.is_fully_addressable:
        return np.asarray(array)
    return np.asarray(multihost_utils.process_allgather(array, tiled=True))


def _sharding(method: Method, name: str, mesh: Mesh) -> NamedSharding:
    axis = layout.cut(method, name)
    spec = PartitionSpec() if axis is None else PartitionSpec(*[None] * axis, AXIS)
    return NamedSharding(mesh, spec)
