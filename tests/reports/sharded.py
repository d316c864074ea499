"""A record of several devices with a planted truth: `relative` sends two sums of the batch, `inverse` gathers two W."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SIZES, DEVICES = (1024, 2048, 4096, 8192, 16384), (1, 2, 4, 8)


def make_record(**changes: Any) -> dict[str, Any]:
    """The record; both backends say the same."""
    measured = [
        _measure(backend, method, D, n)
        for backend in ("jax", "torch")
        for method in ("relative", "inverse")
        for n in DEVICES
        for D in SIZES
    ]
    formulas = [
        {"method": method, "D": D, "devices": n, **_share(method, D, n)}
        for method in ("relative", "inverse")
        for D in (50_000, 1_000_000)
        for n in (8, 64, 512)
    ]
    agreed = [{"backend": b, "method": "relative", "D": 256, "devices": n, "difference": d} for b, n, d in AGREED]
    return {
        "schema": 1,
        "machine": "synthetic-machine",
        "commit": "3f2a9c1e5b7d80416c2e9fa83b6d5107e4c8a29f",
        "dirty": False,
        "command": "python -m benchmarks sharding",
        "started_at": "2026-11-26T16:00:00Z",
        "finished_at": "2026-11-26T16:01:00Z",
        "environment": {"cpu": "a processor", "packages": {"torch": "2.13.0", "jax": "0.10.2"}},
        "settings": {"B": 100, "L": 2, "dtype": "float32"},
        "measured": measured,
        "agreed": agreed,
        "formulas": formulas,
    } | changes


AGREED = (("jax", 8, 3e-7), ("torch", 2, 2e-7))


def _measure(backend: str, method: str, D: int, n: int) -> dict[str, Any]:
    square, batch = 4.0 * D * D, 4.0 * 100 * D
    gathers = method == "inverse" and n > 1
    kinds = {"all-gather": 2 * square} if gathers else {"all-reduce": 2 * batch} if n > 1 else {}
    sent = (n - 1) / n * (2 * square if gathers else 4 * batch)
    return {
        "backend": backend,
        "method": method,
        **{"D": D, "B": 100, "L": 2, "devices": n},
        "counts": dict.fromkeys(kinds, 2),
        "payload_bytes": kinds,
        "wire_bytes": sent,
        "formula_bytes": sent,
        "largest_bytes": square if gathers else batch if n > 1 else 0.0,
        "held_bytes": 2 * square / n,
        "peak_bytes": 4 * square / n + (4 * square if method == "inverse" else 0),
    }


def _share(method: str, D: int, n: int) -> dict[str, float]:
    """1 s of products and 2 s of memory on one device; over n of them, with 0.45 GB sent, 1 ms within a node."""
    return {
        "flops": 67e12 / (1 if method == "inverse" else n),
        "bytes": 2 * 3.35e12 / n,
        "wire_bytes": 450e6,
        "peak_bytes": 16.0 * D * D / n + (8.0 * D * D if method == "inverse" else 0),
    }


def write_record(results: Path, record: dict[str, Any], folder: str = "3f2a9c1e") -> Path:
    """Beside the sessions of the one machine there is."""
    (machine,) = (path for path in results.iterdir() if path.is_dir())
    path = machine / "studies" / folder / "logdet-devices.sharding"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record))
    return path
