"""Past one device: what the kernels send and hold on several, ``python -m benchmarks sharding``.

Nothing here is timed: collectives and bytes are read from programs that are compiled, or run with shapes alone, for
devices that are emulated. In ``programs/`` are a child process for each framework, ``hlo.py``, which reads JAX's
programs, and ``record.py``, which writes what they say beside what the formulas of
``bench_core/logdet/sharded/traffic.py`` say. It is no package: asv imports every module of every package below
``benchmarks/`` beside whatever commit of ``bench_core`` is installed, and older ones have no ``sharded``.
"""

from __future__ import annotations

import argparse
import shlex


def add_command(commands: argparse._SubParsersAction) -> None:
    """The subcommand ``sharding``."""
    parser = commands.add_parser(
        "sharding", help="what the logdet kernels send and hold on several devices, by compilation; times nothing"
    )
    parser.add_argument("--machine", help="name that the record is filed under [default: the host's name]")
    parser.set_defaults(command=_sharding)


def _sharding(parsed: argparse.Namespace) -> int:
    from benchmarks.sharding.programs import record

    named = ["--machine", parsed.machine] if parsed.machine else []
    path = record.write(parsed.machine, shlex.join(["python", "-m", "benchmarks", "sharding", *named]))
    print(path)
    return 0
