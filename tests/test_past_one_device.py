"""The scripts of ``docs/past-one-device.md``, run by two processes each, as it says."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs/past-one-device.md").read_text()
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}


def _write(folder: Path, which: str) -> Path:
    block = re.search(rf"<!-- {which}: script.py -->\n```python\n(.*?)```", TEXT, re.S)
    assert block
    (folder / "script.py").write_text(block[1])
    return folder / "script.py"


def _errors(told: str) -> list[float]:
    # Processes that share a stream may write into each other's lines.
    return [float(number) for number in re.findall(r"\d\.\d+e[+-]\d+", told)] if "error" in told else []


@pytest.mark.slow  # without it ``test_sharded.py`` has a pair of processes
def test_torch_in_two_processes(tmp_path):
    group = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
    done = subprocess.run(
        [sys.executable, *group, str(_write(tmp_path, "torch"))],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert len(_errors(done.stdout)) == 2
    assert max(_errors(done.stdout)) < 1e-5


@pytest.mark.long
def test_jax_in_two_processes(tmp_path):
    script = _write(tmp_path, "jax")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    processes = [
        subprocess.Popen(
            [sys.executable, str(script), address, "2", str(number)],
            env=ENVIRONMENT | flags,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    try:
        told = [process.communicate(timeout=120) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], told
    assert max(_errors("".join(out for out, _ in told))) < 1e-5
    assert len(_errors("".join(out for out, _ in told))) == 2
