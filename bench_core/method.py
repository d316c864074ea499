"""The contract between what is timed and what times it: Declaration, Cost, Method.

A *family* declares its methods in one tuple of :class:`Declaration`. A :class:`Method` is one declaration on one
backend; ``build`` turns it into a :class:`~bench_core.kernel.Kernel` for one :class:`~bench_core.problem.Problem` on
one device. Nothing here reads a clock, and listing methods imports neither torch nor jax: the kernels' modules are
imported by ``build`` (or by whoever imports them by name).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from bench_core.precision import DTYPES, PRECISIONS

if TYPE_CHECKING:
    from bench_core.kernel import Kernel
    from bench_core.problem import Problem

BACKENDS = ("torch", "jax")
DEVICES = ("cpu", "cuda")
# The first form is the default: its row carries the method's bare name. A method with ``buffers`` may have the form
# ``allocating`` too. ``graph`` replays a CUDA graph of the eager call. On a GPU XLA makes command buffers, which are
# CUDA graphs, of what ``jit`` compiles: JAX may have the form ``launched`` beside it, in which it makes none.
FORMS = {"torch": ("eager", "compiled", "graph"), "jax": ("jit",)}
DEVICES_OF = {"graph": ("cuda",), "launched": ("cuda",)}  # forms that not every device has


class Unavailable(RuntimeError):
    """A backend, device, form or precision that is not to be had here: an outcome ``skipped``, not a fault."""


@dataclass(frozen=True)
class Cost:
    """What one call costs by formula, leading terms only (matrix products and factorisations).

    flops       floating-point operations, two for a multiply-add
    bytes       bytes that must travel between memory and the processor when nothing stays in a cache
    vjps, jvps  vector-Jacobian and Jacobian-vector products per sample
    peak_bytes  working memory beyond the problem's own arrays, results included
    evaluations of an implicit family's map T per sample
    least_bytes of them what no implementation does without: the results, and the largest array that must exist beside
                them
    """

    flops: float
    bytes: float
    vjps: int = 0
    jvps: int = 0
    peak_bytes: float = 0.0
    evaluations: int = 0
    least_bytes: float = 0.0


@dataclass(frozen=True)
class Declaration:
    """One line of a family's list: everything about a method but its kernels.

    name      the method's name and its kernel's: ``bench_core/<family>/<backend>/<name>.py`` defines a function of
              that name
    computes  which answer it gives (the oracle's key): ``ordinary``, ``relative``, ``transposed``, ``step``, ...
    cost      ``cost(problem, itemsize) -> Cost``; of an iterative method ``cost(problem, itemsize, iterations)``. One
              for both backends, or one for each where a compiler executes less than the method says
    source    the paper and equation
    exact     whether the answer is exact up to rounding; an exact method above its tolerance is ``wrong``
    role      ``method``; ``floor`` and ``calibration`` rows are measured beside the methods and never win
    in_place  the kernel updates its parameters: each call goes on from the last one's result
    buffers   the function takes ``out``, the last call's results to be overwritten, as a training loop keeps its
              gradients; kernels of one problem share them; the form ``allocating`` does without
    reads_data  the answer depends on the problem's data, and not on its parameters alone
    chunked   the function takes ``chunk``, how many numbers it may hold at once on its device
    prepares  the kernel's module has ``prepare``, a ``Prepare`` of the family's ``_kernel``: what is done once before
              the calls, such as the forward solve whose factors are reused, or the choice of a library's settings
    forms     the forms it exists in, per backend; a backend that is left out has no kernel
    kernel    the kernel's name where several methods share one and differ in their settings
    settings  keyword arguments of the kernel: ``(("k", 5),)``
    iterative it stops at the problem's tolerance: how much it costs is known only afterwards
    only      the sizes it is for, where that is not all of them: ``(("J", ("psd",)),)``, or a range of them
    dtypes    the precisions it exists in
    """

    name: str
    computes: str
    cost: Callable[..., Cost] | Mapping[str, Callable[..., Cost]]
    source: str
    exact: bool = True
    role: str = "method"
    in_place: bool = False
    buffers: bool = False
    reads_data: bool = True
    chunked: bool = False
    prepares: bool = False
    forms: tuple[tuple[str, tuple[str, ...]], ...] = tuple(FORMS.items())
    kernel: str = ""
    settings: tuple[tuple[str, Any], ...] = ()
    iterative: bool = False
    only: tuple[tuple[str, tuple[Any, ...] | range], ...] = ()
    dtypes: tuple[str, ...] = DTYPES


@dataclass(frozen=True)
class Method:
    """One way to answer a family's question on one backend."""

    family: str
    backend: str
    declaration: Declaration

    name = property(lambda self: self.declaration.name)
    exact = property(lambda self: self.declaration.exact)
    source = property(lambda self: self.declaration.source)
    computes = property(lambda self: self.declaration.computes)
    role = property(lambda self: self.declaration.role)
    in_place = property(lambda self: self.declaration.in_place)
    buffers = property(lambda self: self.declaration.buffers)
    reads_data = property(lambda self: self.declaration.reads_data)
    iterative = property(lambda self: self.declaration.iterative)
    settings = property(lambda self: dict(self.declaration.settings))

    def is_for(self, sizes: Mapping[str, Any]) -> bool:
        """Whether it answers at these sizes at all; sizes that are not given do not matter."""
        return all(name not in sizes or _is_among(sizes[name], values) for name, values in self.declaration.only)

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms this method exists in on its backend, the default first."""
        return dict(self.declaration.forms)[self.backend]

    def forms_on(self, device: str) -> tuple[str, ...]:
        """Those of its forms that the device has."""
        return tuple(form for form in self.forms if device in DEVICES_OF.get(form, DEVICES))

    def overwrites(self, form: str) -> bool:
        """Whether the form writes its results where those of the last call were."""
        return self.buffers and form in (self.forms[0], "graph", "launched")

    def cost(self, problem: Any, dtype: str = "float32", iterations: int | None = None) -> Cost:
        """The formulas of ``Cost`` at this problem's sizes, for numbers of this precision.

        ``iterations`` says how many an iterative method took; without it the problem's guess is taken.
        """
        itemsize = PRECISIONS[check_choice("dtype", dtype, DTYPES)].itemsize
        formula = self.declaration.cost
        formula = formula[self.backend] if isinstance(formula, Mapping) else formula
        if not self.iterative:
            return formula(problem, itemsize)
        return formula(problem, itemsize, problem.guess_iterations(self) if iterations is None else iterations)

    def tolerance(self, dtype: str) -> float:
        """The largest relative error with which an exact answer counts as right: see ``bench_core.precision``.

        float32 1e-4 and float64 1e-10: thousands of roundings, which large or badly conditioned matrices may need; tf32
        1.6e-2 and bfloat16 0.125: 16 times their eps.
        """
        return PRECISIONS[check_choice("dtype", dtype, DTYPES)].tolerance

    @property
    def function(self) -> Callable[..., Any]:
        """The kernel as a plain function; imports the backend."""
        return getattr(self.module, self.declaration.kernel or self.name)

    @property
    def module(self) -> ModuleType:
        """The module of the kernel: its function, and ``prepare`` where the declaration says so."""
        name = self.declaration.kernel or self.name
        try:
            return importlib.import_module(f"bench_core.{self.family}.{self.backend}.{name}")
        except ModuleNotFoundError as error:
            if str(error.name).startswith("bench_core"):
                raise
            raise Unavailable(
                f"{self.name} needs the package {error.name!r}: pip install 'jacobench[peers]'"
            ) from error

    def build(self, problem: Problem, device: str = "cpu", dtype: str = "float32", form: str | None = None) -> Kernel:
        """Place the problem's arrays and compile: everything that a training loop would do once.

        A precision that the method, the problem or the device does not have is ``Unavailable``.

        Raises ``ValueError`` for an unknown device, dtype or form, ``Unavailable`` where this machine lacks the
        backend, the device or the compiler, for sizes that the method is not for, and for a function that no graph can
        hold.
        """
        check_choice("device", device, DEVICES)
        check_choice("dtype", dtype, DTYPES)
        form = check_choice(f"form on {device}", form or self.forms[0], self.forms_on(device))
        if problem.family != self.family:
            raise ValueError(f"problem of family {problem.family!r} given to {self.family} method {self.name!r}")
        if not self.is_for(problem.sizes):
            wanted = ", ".join(_write_sizes(name, values) for name, values in self.declaration.only)
            raise Unavailable(f"{self.name} is for {wanted}; here {problem.sizes}")
        if dtype not in self.declaration.dtypes or dtype not in problem.dtypes:
            wanted = " or ".join(name for name in self.declaration.dtypes if name in problem.dtypes)
            raise Unavailable(f"{self.name} is for dtype {wanted}; here {dtype!r}")
        require_precision(dtype, device)
        backend = load_backend(self.backend)
        backend.require_device(device)
        family = importlib.import_module(f"bench_core.{self.family}")
        return family.kernel(self, backend, problem, device, dtype, form)


def _is_among(given: Any, values: tuple[Any, ...] | range) -> bool:
    # A range would look for what is no whole number one by one.
    return values.start <= given < values.stop if isinstance(values, range) else given in values


def _write_sizes(name: str, values: tuple[Any, ...] | range) -> str:
    return f"{name} from {values.start}" if isinstance(values, range) else f"{name} = {' or '.join(map(str, values))}"


def load_backend(name: str):
    """The module ``bench_core.backends.<name>``, or ``Unavailable`` where its framework is not installed."""
    check_choice("backend", name, BACKENDS)
    try:
        return importlib.import_module(f"bench_core.backends.{name}")
    except ImportError as error:
        raise Unavailable(f"backend {name!r} is not installed here: {error}") from error


def require_precision(dtype: str, device: str) -> None:
    """Raise ``Unavailable`` where nothing is timed in this precision on this device."""
    devices = PRECISIONS[dtype].devices
    if device not in devices:
        raise Unavailable(f"dtype {dtype!r} is for device {' or '.join(devices)}; here {device!r}")


def check_choice(what: str, given: Any, allowed: tuple[str, ...]) -> Any:
    """Return ``given`` if it is one of ``allowed``; raise ``ValueError`` in one line that names both."""
    if given not in allowed:
        raise ValueError(f"unknown {what} {given!r}; allowed: {', '.join(allowed)}")
    return given


def check_seed(given: Any) -> int:
    """Return ``given`` as an int of at least 0; raise ``ValueError`` in one line otherwise."""
    return check_whole("seed", given, "seed", 0)


def check_size(name: str, given: Any) -> int:
    """Return ``given`` as an int of at least 1; raise ``ValueError`` in one line otherwise."""
    return check_whole(name, given, "size")


def check_whole(name: str, given: Any, what: str, least: int = 1) -> int:
    """Return ``given`` as an int of at least ``least``; raise ``ValueError`` in one line where it is no such ``what``:
    the number of products, pairs or nodes that a method is set to.
    """
    if isinstance(given, bool) or not isinstance(given, (int, np.integer)) or given < least:
        raise ValueError(f"{name} = {given!r} is not a {what}; allowed: whole numbers from {least}")
    return int(given)


def is_real(given: Any) -> bool:
    """Whether it is one real number, Python's or NumPy's."""
    return isinstance(given, (int, float, np.integer, np.floating)) and not isinstance(given, bool)


def check_share(name: str, given: Any, what: str, one: bool = False) -> float:
    """Return ``given`` as a float between 0 and 1, or 1 itself if ``one``; raise ``ValueError`` in one line where it is
    no such ``what``: the tolerance or the damping that a method is set to.
    """
    number = float(given) if is_real(given) else 0.0
    if not (0 < number < 1 or (one and number == 1)):
        raise ValueError(f"{name} = {given!r} is not a {what}; allowed: 0 < {name} {'<=' if one else '<'} 1")
    return number
