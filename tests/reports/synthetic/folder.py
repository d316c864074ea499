"""A folder of results: session records where the harness would write them, asv's files beside."""

import itertools
import json
from pathlib import Path
from typing import Any

from .asv_file import make_asv
from .implicit import list_implicit, make_implicit_session
from .logdet import SIZES, make_session
from .machine import MACHINE, OLD_COMMIT


def write_results(
    folder: Path,
    sizes: tuple[int, ...] = SIZES,
    processes: int = 3,
    cuda: bool = True,
    old: bool = False,
    rounds: int = 24,
) -> Path:
    """A whole results folder; returns it."""
    write_index(folder)
    for device, backends in (("cpu", ("torch", "jax")), ("cuda", ("torch",))):
        if device == "cuda" and not cuda:
            continue
        environment = f"virtualenv-py3.11-torch2.13.0-BENCH_DEVICE{device}-BENCH_PROFILEstandard"
        sessions = [
            make_session(size, backend, device, process, processes, rounds)
            for backend, size, process in itertools.product(backends, sizes, range(processes))
        ]
        for session in sessions:
            write_session(folder, session, environment)
        classes = {
            f"logdet.{backend.capitalize()}": [s for s in sessions if s["cell"]["backend"] == backend]
            for backend in backends
        }
        write_asv(folder, make_asv(classes, environment, device), environment)
        if old and device == "cpu":
            before = [make_session(s, "torch", device, 0, 1, rounds, OLD_COMMIT, slower=1.2) for s in sizes]
            old_asv = make_asv({"logdet.Torch": before}, environment, device, OLD_COMMIT, 1763020800000)
            write_asv(folder, old_asv, environment)
    return folder


def write_implicit(folder: Path, rounds: int = 12, jax: tuple[str, ...] = ("", "Spectrum", "Conv")) -> Path:
    """Add the implicit family to a results folder: three sweeps on torch and these of them on JAX, sessions and an asv
    file.
    """
    environment = "virtualenv-py3.11-torch2.13.0-BENCH_DEVICEcpu-BENCH_PROFILEstandard-implicit"
    results: dict[str, list[dict[str, Any]]] = {}
    for backend in ("torch", "jax"):
        for sweep, cells in list_implicit().items():
            if backend == "jax" and sweep not in jax:
                continue
            sessions = [make_implicit_session(**cell, backend=backend, rounds=rounds) for cell in cells]
            results[f"implicit.{backend.capitalize()}{sweep}"] = sessions
            for session in sessions:
                write_session(folder, session, environment)
    write_asv(folder, make_asv(results, environment, "cpu"), environment)
    return folder


def write_session(folder: Path, session: dict[str, Any], environment: str) -> Path:
    """Write a record where the harness would."""
    cell = session["cell"]
    name = f"{cell['family']}-{cell['backend']}-{cell['device']}-{cell['dtype']}-" + "-".join(
        f"{k}{v}" for k, v in cell["sizes"].items()
    )
    place = folder / MACHINE / "sessions" / f"{(session['commit'] or 'none')[:8]}-{environment}"
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{name}.p{session['process']}.session"
    path.write_text(json.dumps(session), encoding="utf-8")
    return path


def write_index(folder: Path) -> None:
    """`benchmarks.json` and `machine.json`."""
    letters = {
        "logdet": ("D", "B", "L"),
        "implicit": ("D", "B", "gamma", "T", "tol"),
        "line_integral": ("d", "B", "H", "J"),
        "score": ("d", "H", "L", "B"),
    }
    classes = [("logdet", ""), ("implicit", ""), ("implicit", "Spectrum"), ("implicit", "Conv")]
    classes += [("line_integral", "Kronecker"), ("score", "")]
    metrics = ("seconds", "outcome", "error", "peak_bytes")
    index: dict[str, Any] = {"version": 2}
    for (family, sweep), backend, metric in itertools.product(classes, ("Torch", "Jax"), metrics):
        name, names = f"{family}.{backend}{sweep}.track_{metric}", ["method", *letters[family], "dtype"]
        index[name] = {
            "name": name,
            "param_names": names,
            "params": [],
            "unit": metric,
            "version": "1",
            "type": "track",
        }
    (folder / MACHINE).mkdir(parents=True, exist_ok=True)
    (folder / "benchmarks.json").write_text(json.dumps(index), encoding="utf-8")
    machine = {
        "machine": MACHINE,
        "arch": "x86_64",
        "cpu": "Synthetic CPU",
        "num_cpu": "2",
        "os": "Linux",
        "ram": "25165824",
        "version": 1,
    }
    (folder / MACHINE / "machine.json").write_text(json.dumps(machine), encoding="utf-8")


def write_asv(folder: Path, data: dict[str, Any], environment: str) -> None:
    """Write asv's result file where asv would."""
    path = folder / MACHINE / f"{data['commit_hash'][:8]}-{environment}.json"
    path.write_text(json.dumps(data), encoding="utf-8")
