"""The rows of the checkout, whatever ``bench_core`` is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache

from benchmarks.harness.session import ROOT

_LIST = """
import json, sys
import bench_core
from benchmarks.harness.cell import rows
print(json.dumps({f: {b: rows(f, b) for b in bench_core.BACKENDS} for f in bench_core.FAMILIES}))
"""


def rows_of_checkout(family: str, backend: str) -> list[str]:
    """Row names of a family on a backend in the working tree that ``benchmarks`` itself comes from."""
    return _all_rows()[family][backend]


@cache
def _all_rows() -> dict[str, dict[str, list[str]]]:
    """Asked of a process of its own, because this one may have imported another commit's ``bench_core``."""
    done = subprocess.run(
        [sys.executable, "-c", _LIST],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)
