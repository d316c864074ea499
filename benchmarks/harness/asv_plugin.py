"""What asv itself must know: loaded by asv's own process, before any command, through ``plugins`` in asv.conf.json.

Six things are settled here: the machine's name (asv would stop and ask), which of several machines the session
records belong to, the folder of all results, an environment for the checkout itself, results that would be stored under
the name of a commit they do not come from, and the run that the sessions belong to (``asv_hooks``). asv is imported
where it is used: its discovery imports this module too, in environments that do not have it.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.harness import asv_hooks, gpu

ALLOW_DIRTY = "BENCH_ALLOW_DIRTY"


def setup() -> None:
    global _checkout  # asv finds environments among the subclasses that are alive
    _checkout = _checkout_environment()
    given = _given()
    os.environ["BENCH_MACHINE"] = _machine(given)
    _follow_results()
    if given.func.__self__.__name__ in ("Run", "Continuous", "Find"):
        _refuse_dirty_tree()
        bench = given.bench or []
        if isinstance(bench, str):  # asv find's one
            _refuse_existing(given.env_spec)
            bench = [bench]
        asv_hooks.begin(bench)


def _checkout_environment() -> type:
    """``--environment=checkout:same``: the running interpreter with the checkout's own ``bench_core``.

    asv's ``existing`` does the same, but leaves the profile and the device out of its name, so that results of two
    profiles share one file and the later overwrites the earlier, puts the interpreter's path in, and does not tell
    the benchmarks its name.
    """
    from asv import util
    from asv.environment import ExistingEnvironment, get_env_name

    class Checkout(ExistingEnvironment):
        tool_name = "checkout"
        _version = f"{sys.version_info.major}.{sys.version_info.minor}"

        def __init__(self, conf, executable, requirements, tagged_env_vars):
            installed = {name: _installed(name) for name in requirements if not name.startswith("pip+")}
            super().__init__(conf, executable, installed, tagged_env_vars)
            self._requirements = installed

        @property
        def name(self):
            return get_env_name(self.tool_name, self._version, {}, self._tagged_env_vars)

        @property
        def python(self):
            return self._version

        def run(self, args, **kwargs):
            # This checkout's bench_core, also where the interpreter has another checkout's installed: results carry
            # this one's commit.
            env = {**kwargs.pop("env", os.environ), "ASV_ENV_NAME": self.name, "ASV_PYTHONPATH": os.getcwd()}
            env["PYTHONPATH"] = env["ASV_PYTHONPATH"]
            return util.check_output([self._executable, *args], env=env, **kwargs)

    return Checkout


def _installed(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _machine(given: argparse.Namespace) -> str:
    """The machine's name; what asv would ask about a new machine is answered with what asv itself would suggest."""
    from asv.machine import Machine, MachineCollection
    from asv.util import UserError

    name = getattr(given, "machine", None) or Machine.get_unique_machine_name()
    try:
        MachineCollection.load(name)
    except UserError:
        MachineCollection.save(name, {**Machine.get_defaults(), "machine": name} | _gpu())
    return name


def _follow_results() -> None:
    """``BENCH_RESULTS`` names the folder of asv's own files too, whatever its configuration says.

    asv reads the configuration before it loads this: what a class gives stands before what an instance was given.
    """
    if given := os.environ.get("BENCH_RESULTS"):
        from asv.config import Config

        folder = os.environ["BENCH_RESULTS"] = str(Path(given).absolute())
        Config.results_dir = property(lambda self: folder, lambda self, value: None)  # type: ignore[assignment]


def _given() -> argparse.Namespace:
    """asv's command line, parsed again: asv has accepted it before it loads plugins."""
    from asv.commands import make_argparser

    return make_argparser()[0].parse_args()


def _gpu() -> dict[str, str]:
    """The GPU's model is part of what a machine is; asv keeps further keys of a machine as they come."""
    name = gpu.facts()["gpu"]
    return {"gpu": name} if name else {}


def _refuse_existing(environments: list[str]) -> None:
    """asv find installs commit after commit, and into an existing environment nothing: all would have one's numbers."""
    existing = [name for name in environments if name.partition(":")[0] in ("checkout", "existing")]
    if existing:
        from asv.util import UserError

        raise UserError(
            f"environment {existing[0]!r} is this checkout's code whichever commit it stands for; allowed: one that"
            " asv makes, as it does by default"
        )


def _refuse_dirty_tree() -> None:
    """An existing environment imports the working tree: with changes in it, results must not carry its commit's
    name.
    """
    existing = "--set-commit-hash" in sys.argv
    watched = ["bench_core", "benchmarks"] if existing else ["benchmarks"]
    done = subprocess.run(
        ["git", "status", "--porcelain", "--", *watched],
        capture_output=True,
        text=True,
        errors="replace",
        cwd=Path.cwd(),
    )
    changed = [line[3:] for line in done.stdout.splitlines()]
    if changed and not os.environ.get(ALLOW_DIRTY):
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        from asv.util import UserError

        raise UserError(
            f"the working tree is dirty ({changed[0]}{more}): commit first, or set {ALLOW_DIRTY}=1 to measure it all"
            " the same under a report that says so"
        )
