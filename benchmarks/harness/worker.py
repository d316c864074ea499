"""The process of a session, started by ``child.py`` as ``python worker.py SPEC JOURNAL``.

Here it only finds its way: the ``bench_core`` of the commit under test, the ``benchmarks`` of the working tree. What it
does then is in ``stages.py``.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import signal
import sys
import time
from pathlib import Path

START = time.perf_counter()


def _find_package(name: str, folder: Path) -> None:
    """Make ``folder`` importable as package ``name`` without putting its parent on sys.path.

    asv times the ``bench_core`` that it installed for a commit, with the ``benchmarks`` of the working tree: the
    checkout's own ``bench_core``, which lies beside them, must not be found.
    """
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


def _be_killed_first() -> None:
    """Linux: be what the system's out-of-memory killer takes. What this costs is one row; another process may be the
    user's work.
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _hear_alone() -> None:
    """What the parent says is for this process: whatever a library starts has nothing to read."""
    sys.stdin = os.fdopen(os.dup(0), encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def main() -> None:
    parent = os.getppid()
    _be_killed_first()
    _hear_alone()
    spec = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    # The child starts in its parent's folder, whose modules must not be found before the ones asked for.
    sys.path[:] = [entry for entry in sys.path if entry not in ("", str(Path(__file__).parent))]
    sys.path.insert(0, spec["bench_core"])
    _find_package("benchmarks", Path(__file__).resolve().parent.parent)
    from benchmarks.harness.lifeline import die_with

    # No one would read this session any more, and the next one would be timed beside it.
    die_with(parent, signal.SIGKILL)
    from benchmarks.harness.journal import Journal

    # A comparison has stages of its own.
    stages = importlib.import_module(spec.get("stages", "benchmarks.harness.stages"))

    # Anything a library prints must not end in the journal or block on a full pipe.
    stages.Stages(spec, Journal(sys.argv[2]), START).run()
    sys.stdout.flush()
    # A framework's exit handlers may hang or crash after everything is measured; nothing of it is needed.
    os._exit(0)


if __name__ == "__main__":
    main()
