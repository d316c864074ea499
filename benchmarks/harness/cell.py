"""A cell: family, sizes, backend, device, dtype; what one session measures."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import bench_core
from bench_core.method import DEVICES, DTYPES, check_choice
from benchmarks.families import FAMILIES
from benchmarks.harness import older
from benchmarks.harness.profile import Profile

# The form that a method's name alone means.
FIRST = "first"


@dataclass(frozen=True)
class Cell:
    """``Cell("logdet", "torch", "cpu", "float32", (("D", 1000), ("B", 100), ("L", 2)))``."""

    family: str
    backend: str
    device: str
    dtype: str
    sizes: tuple[tuple[str, Any], ...]

    @classmethod
    def of(
        cls, family: str, backend: str, sizes: Mapping[str, Any], device: str = "cpu", dtype: str = "float32"
    ) -> Cell:
        """A checked cell; ``ValueError`` in one line for anything unknown."""
        check_choice("family", family, bench_core.FAMILIES)
        check_choice("backend", backend, bench_core.BACKENDS)
        check_choice("device", device, DEVICES)
        check_choice("dtype", dtype, DTYPES)
        known = bench_core.problem(family)
        for name in sizes:
            check_choice(f"size of {family}", name, (*known.sizes, *older.optional(known)))
        full = bench_core.problem(family, **sizes).sizes  # refuses what the family does not allow
        return cls(family, backend, device, dtype, tuple(full.items()))

    @property
    def name(self) -> str:
        """Every coordinate, fit for a file name."""
        sizes = "-".join(
            f"{name}{value:g}" if isinstance(value, float) else f"{name}{value}" for name, value in self.sizes
        )
        return f"{self.family}-{self.backend}-{self.device}-{self.dtype}-{sizes}"

    @property
    def letter(self) -> str:
        """The name of the size along which the family's sweep runs."""
        return FAMILIES[self.family].swept

    @property
    def swept(self) -> int:
        """The value of the size along which the family's sweep runs."""
        return dict(self.sizes)[self.letter]

    def without_swept(self) -> tuple:
        """What two cells of one sweep have in common."""
        rest = tuple(item for item in self.sizes if item[0] != self.letter)
        return (self.family, self.backend, self.device, self.dtype, rest)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"sizes": dict(self.sizes)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Cell:
        return cls(**{**data, "sizes": tuple(data["sizes"].items())})


def asked(
    profile: Profile, family: str, backend: str, sizes: Mapping[str, Any], device: str = "cpu", dtype: str | None = None
) -> Cell:
    """A checked cell of a command line; without a precision in the one that the profile measures it in."""
    cell = Cell.of(family, backend, sizes, device, dtype or profile.dtypes[0])
    return cell if dtype else replace(cell, dtype=profile.dtype_of(family, dict(cell.sizes)))


def rows(
    family: str,
    backend: str,
    profile: Profile | None = None,
    at: Sequence[Mapping[str, Any]] = (),
    device: str = "cpu",
) -> tuple[str, ...]:
    """Names of the rows a session of this family, backend and device may have, ``method`` and ``method:form``: all of
    them, or those that the profile tries, and that answer at some of the sizes ``at``.
    """
    return tuple(
        row_name(method.name, form, method.forms)
        for method in bench_core.methods(family, backend)
        for form in (older.forms_on(method, device) if profile is None or profile.forms else method.forms[:1])
        if any(older.is_for(method, sizes) and _tries(profile, method, form, sizes) for sizes in at or [{}])
    )


def _tries(profile: Profile | None, method: bench_core.Method, form: str, sizes: Mapping[str, Any]) -> bool:
    further = form != method.forms[0]
    return profile is None or profile.tries(method.family, method.name, method.role, sizes, further)


def row_name(method: str, form: str, forms: tuple[str, ...]) -> str:
    return method if form == forms[0] else f"{method}:{form}"


def size(text: str) -> tuple[str, Any]:
    """A size and its value of ``NAME=VALUE``: a whole number, a number, or a word; ``ValueError`` for anything else."""
    name, _, value = text.partition("=")
    if not value:
        raise ValueError(f"size {text!r} is not NAME=VALUE, e.g. D=1000 or T=symmetric")
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return name, kind(value)
    return name, value
