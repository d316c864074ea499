"""The rows of the checkout, whatever ``bench_core`` is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache

from benchmarks.harness.session import ROOT

_LIST = """
import json
import bench_core
from benchmarks.harness.cell import rows
from benchmarks.harness.profile import device_from_environment, profile_from_environment
profile, device = profile_from_environment(), device_from_environment()
print(json.dumps({
    family: {
        backend: {
            name: rows(family, backend, profile, sweep.cells(), device)
            for name, sweep in profile.sweeps(family).items()
        }
        for backend in bench_core.BACKENDS
    }
    for family in bench_core.FAMILIES
}))
"""


def rows_of_checkout(family: str, backend: str, sweep: str) -> list[str]:
    """Rows that ``BENCH_PROFILE`` tries in a sweep on ``BENCH_DEVICE``, in the working tree that ``benchmarks`` itself
    comes from.
    """
    return _all_rows()[family][backend][sweep]


@cache
def _all_rows() -> dict[str, dict[str, dict[str, list[str]]]]:
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
