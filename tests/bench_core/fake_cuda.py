"""Every torch kernel on a CUDA device that need not be there: whether it stays on it, and where the host waits for it.

A script with a process of its own, ``python fake_cuda.py FOLDER [FAMILY:NAME …]``: it prints a line of JSON for each
row, or for those that are named. Tensors are fake: they have a shape, a dtype and a device, and no numbers; operations
that mix devices fail as they would there. What a loop asks of the numbers is answered so that it turns a few times. A
build of torch that knows no CUDA cannot take gradients there, even fake ones: ``fake_cuda.cpp`` is a device for it,
compiled into FOLDER.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import linecache
import math
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve()
ROOT = HERE.parents[2]
TORCH = Path(importlib.util.find_spec("torch").origin).parent


def make_device(folder: Path) -> None:
    """Before torch is imported: it looks for its devices once."""
    if (TORCH / "lib/libtorch_cuda.so").exists():
        return
    library = folder / "fake_cuda.so"
    there = (f"-I{TORCH}/include", f"-L{TORCH}/lib", f"-Wl,-rpath,{TORCH}/lib")
    flags = ("-std=c++20", "-O0", "-w", "-shared", "-fPIC", str(HERE.with_suffix(".cpp")), "-o", str(library))
    subprocess.run(["g++", *flags, *there, "-lc10", "-ltorch_cpu"], check=True)
    ctypes.CDLL(str(library))


make_device(Path(sys.argv[1]))

import torch  # noqa: E402
from torch._subclasses import FakeTensorMode  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402
from torch.utils._pytree import tree_leaves  # noqa: E402

import bench_core  # noqa: E402
from bench_core.backends import torch as backend  # noqa: E402
from bench_core.implicit.torch import _batch  # noqa: E402
from bench_core.implicit.tuning import Prepared, Tuned  # noqa: E402
from tests.bench_core import judges  # noqa: E402
from tests.bench_core.measured import precisions  # noqa: E402

FORMS = ("eager", "allocating")
LONGEST = 30  # steps of an unrolled pass; the others' loops are the same, and turn on
TURNS = 3  # of a loop that asks whether it goes on
# What libraries ask elsewhere, by the line that asks, and the answer when it is asked for the nth time.
ANSWERS = {
    "assert ": lambda n: True,
    "t[0] > t[1]": lambda n: False,
    "(counts > 1).any()": lambda n: False,
    "isfinite(dt)": lambda n: True,
    "dt > self.max_step": lambda n: False,
    "if accept_step": lambda n: True,
    "error_ratio == 0": lambda n: False,
    "while next_t >": lambda n: n % (TURNS + 1) > 0,  # forth and back
    ".max() < tol": lambda n: n > TURNS,
    "new_objective < tol": lambda n: n > TURNS,
}
# Operations that wait inside for what they have found.
WAITING = ("_linalg_check_errors", "_linalg_eigh", "_linalg_svd", "linalg_eig")
# Beside a family's small sizes: what takes another way through its kernels.
OTHER = {
    "logdet": [{"D": 4, "B": 9, "L": 1}],
    "implicit": [{"D": 64, "B": 2, "T": "conv"}],
    "line_integral": [{"J": "kronecker_psd"}],
    "score": [{"d": 4, "H": 8, "L": 1, "B": 9}],
}


class Watch(TorchDispatchMode):
    """``waits``: how often the host waits for the device, by the kind of operation and by who called it."""

    def __init__(self) -> None:
        super().__init__()
        self.begin()

    def begin(self) -> None:
        self.waits: Counter[str] = Counter()
        self._asked: Counter[tuple[str, int]] = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        # So that a list's numbers are first a tensor of the CPU: said in every thread, for autograd has its own.
        torch._C._set_only_lift_cpu_tensors(True)
        kwargs = kwargs or {}
        name, tensors = func.overloadpacket.__name__, _tensors((args, kwargs))
        if name == "_local_scalar_dense" and tensors[0].is_cuda:
            return self._look(tensors[0])
        if name == "_unique2" and not tensors[0].numel():  # of nothing: its shape is known
            self._note(name)
            return (args[0].clone(), *(torch.empty(0, dtype=torch.int64, device=args[0].device) for _ in range(2)))
        if name in WAITING or _counts(func, name, args):
            self._note(name)
        out = func(*args, **kwargs)
        between = {tensor.device.type for tensor in (*tensors, *_tensors(out))}
        if name in ("_to_copy", "copy_") and len(between) > 1:
            self._note("copy")
        return out

    def _look(self, tensor: torch.Tensor):
        who, place = self._note("look"), _asking()
        self._asked[place] += 1
        if self._asked[place] > 100:
            raise RuntimeError(f"{who} asks for ever: {linecache.getline(*place).strip()}")
        line = linecache.getline(*place)
        known = [answer for words, answer in ANSWERS.items() if words in line]
        answer = known[0](self._asked[place]) if known else self._asked[place] <= TURNS
        return float(answer) if tensor.is_floating_point() else answer if tensor.dtype == torch.bool else int(answer)

    def _note(self, what: str) -> str:
        path = Path(_asking()[0])
        if "site-packages" in path.parts:
            who = path.parts[path.parts.index("site-packages") + 1]
        else:
            who = str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)
        self.waits[f"{what} {who}"] += 1
        return who


def _counts(func, name: str, args: tuple) -> bool:
    """Whether it must know on the host how many there are of its result, or of what it writes (not of one number)."""
    if not name.startswith("index"):
        return torch.Tag.dynamic_output_shape in func.tags
    masked = any(index.dtype in (torch.bool, torch.uint8) for index in _tensors(args[1]))
    return masked and (name == "index" or args[2].numel() != 1)


def _asking() -> tuple[str, int]:
    """The file and line that called torch; of a backward pass, which has a thread of its own, no file."""
    frame = sys._getframe(2)
    while frame is not None:
        path = frame.f_code.co_filename
        if not path.startswith(f"{TORCH}/") and path != str(HERE):
            return path, frame.f_lineno
        frame = frame.f_back
    return "", 0


def _tensors(of) -> list[torch.Tensor]:
    return [leaf for leaf in tree_leaves(of) if isinstance(leaf, torch.Tensor)]


class Looks:
    """How often our solvers' ``Progress`` takes in residuals: it may look as often."""

    def __init__(self) -> None:
        self.number = 0
        for name in ("__init__", "update", "check"):
            setattr(_batch.Progress, name, self._counted(getattr(_batch.Progress, name)))

    def _counted(self, method):
        def call(*given, **named):
            self.number += 1
            return method(*given, **named)

        return call


def try_once(solve: Callable, operator: object, v: torch.Tensor, tol: float) -> Tuned:
    """A library's search, which goes by numbers that are not there: its first trial alone."""
    solve(tol, v)
    return Tuned(tol, math.nan)


def row(m: bench_core.Method, sizes: dict, form: str, dtype: str = "float32") -> dict:
    """What a call does, after one that may fill caches."""
    said = {"family": m.family, "name": m.name, "kernel": m.declaration.kernel or m.name}
    said |= {"sizes": sizes, "form": form, "dtype": dtype}
    try:
        if hasattr(m.module, "tune"):
            m.module.tune = try_once
        if hasattr(m.module, "solve_last"):  # moves numbers that are not there
            m.module.solve_last = lambda solve, operator, v, stop, settings: Prepared({"last": v}, settings)
        watch.begin()
        with mode, watch:
            kernel = m.build(bench_core.problem(m.family, **sizes), device="cuda", dtype=dtype, form=form)
            for _ in range(2):
                watch.begin()
                looks.number = 0
                out = kernel.run()
        devices = sorted({tensor.device.type for tensor in _tensors(out)})
        return said | {"waits": watch.waits, "looks": looks.number, "devices": devices}
    except bench_core.Unavailable as missing:
        return said | {"missing": str(missing)}
    except Exception as error:
        return said | {"error": f"{type(error).__name__}: {error}", "waits": watch.waits}


def planted(fault) -> dict:
    """What is seen of a fault: of the waits, or as an error."""
    watch.begin()
    try:
        with mode, watch:
            fault(torch.ones(3, 3, device="cuda"))
        return {"fault": fault.__name__, "waits": watch.waits}
    except Exception as error:
        return {"fault": fault.__name__, "waits": watch.waits, "error": f"{type(error).__name__}: {error}"}


def look(x):
    float(x.sum())


def copy_out(x):
    x.cpu()


def copy_in(x):
    torch.tensor([0.0, 1.0], device=x.device)


def choose(x):
    x[x > 0]


def check(x):
    torch.linalg.solve(x, x)


def mix(x):
    torch.eye(3) @ x


def look_in_backward(x):
    x = x.requires_grad_()
    y = x * 2
    y.register_hook(look)
    torch.autograd.grad(y.sum(), x)


watch, mode, looks = Watch(), FakeTensorMode(allow_non_fake_inputs=True), Looks()
backend.require_device = lambda device: None

for fault in (look, copy_out, copy_in, choose, check, mix, look_in_backward):
    print(json.dumps(planted(fault)), flush=True)
seen, asked = set(), set(sys.argv[2:])
for family in bench_core.FAMILIES:
    for m in bench_core.methods(family, "torch"):
        room = judges.of(family).room(m)
        # Rows that are one program but for a number go the other ways together.
        program = (
            family,
            m.declaration.kernel or m.name,
            *(value for value in m.settings.values() if isinstance(value, str | bool)),
        )
        others = [room | other for other in OTHER[family] if m.is_for(other) and program not in seen]
        seen.add(program)
        if asked and f"{family}:{m.name}" not in asked:
            continue
        for form in FORMS:
            if form in m.forms and m.settings.get("K", 0) <= LONGEST:
                for sizes in (room, *others):
                    print(json.dumps(row(m, sizes, form)), flush=True)
                for dtype in sorted(precisions(family).intersection(m.declaration.dtypes) - {"float32"}):
                    print(json.dumps(row(m, room, form, dtype)), flush=True)
