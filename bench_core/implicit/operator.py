"""What a solver may ask of the map T, linearised at its fixed point; the backends' operators are these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, Self, TypeVar

Array = TypeVar("Array")


class Adjoint(Protocol[Array]):
    """``A^T``, ``A = dT/du``, and nothing else: all that most solvers ask for."""

    def vjp(self, w: Array, /) -> Array:
        """``(dT/du)^T w`` for rows w (B, D)."""
        ...


class Linear(Adjoint[Array], Protocol[Array]):
    """``A = dT/du`` and its transpose, as the normal equations need them."""

    def jvp(self, x: Array, /) -> Array:
        """``dT/du x`` for rows x (B, D)."""
        ...


class Map(Protocol[Array]):
    """T itself, as the forward solvers need it."""

    def evaluate(self, u: Array, /) -> Array:
        """``T(u; d)`` for rows u (B, D)."""
        ...


class Operator(Linear[Array], Map[Array], Protocol[Array]):
    """The map, its products with rows and what they are made of."""

    arrays: dict[str, Array]

    def of(self, arrays: dict[str, Array]) -> Self:
        """The same map with other arrays."""
        ...

    def pull(self, w: Array, /) -> dict[str, Array]:
        """The parameters' gradients ``(dT/dtheta)^T w``."""
        ...

    def jacobians(self) -> Callable[[Any, int], Array]:
        """``f(start, number)``: ``dT/du`` of so many samples from the one at ``start`` on, (number, D, D), which are
        the caller's to overwrite. They are made of the map's own factors, and take no product with rows; what samples
        share is computed here, once.
        """
        ...

    def sample(self, i: Any, /) -> Self:
        """The map of one sample, for any number of rows."""
        ...

    def parameters(self) -> dict[str, Array]:
        """The arrays that gradients are asked for."""
        ...
