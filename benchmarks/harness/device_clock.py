"""Seconds of a call by the device's own clock: CUDA events in torch, a profiler's trace in JAX, which has no events."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.harness import clock


class Unknown(Exception):
    """Why the device's clock has no answer, in one line."""


def by_events(kernel: Any, number: int, blocks: int, ahead: int) -> list[float]:
    """Mean seconds of a call between two events around a queued block of ``number`` calls, of each of ``blocks``.

    What the device waits for between two kernels of a block, because the host launches no faster, is part of it.
    """
    import torch

    seconds = []
    for _ in range(blocks):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        with clock.no_collector():
            begin.record()
            out = clock.launch(kernel, number, ahead)
            end.record()
        kernel.wait(out)
        seconds.append(begin.elapsed_time(end) * 1e-3 / number)
    return seconds


def by_trace(kernel: Any, number: int, ahead: int) -> float:
    """Mean seconds in which the device was busy with a call, by the profiler's trace of a queued block of ``number``.

    What the device waits for between two kernels is no part of it. Raises :class:`Unknown` where this JAX cannot read
    its traces, or where a trace has nothing of a GPU in it.
    """
    import jax

    reader = getattr(jax.profiler, "ProfileData", None)
    if reader is None:
        raise Unknown("this jax has no profiler.ProfileData")
    options: dict[str, Any] = {}
    if hasattr(jax.profiler, "ProfileOptions"):
        chosen: Any = jax.profiler.ProfileOptions()
        chosen.python_tracer_level = 0  # the host's functions are not asked for, and cost more than all else
        options["profiler_options"] = chosen
    with tempfile.TemporaryDirectory(prefix="jacobench-trace-") as folder:
        with jax.profiler.trace(folder, **options):
            kernel.wait(clock.launch(kernel, number, ahead))
        traces = sorted(Path(folder).rglob("*.xplane.pb"))
        if not traces:
            raise Unknown("the profiler wrote no trace")
        busy = busy_ns(reader.from_file(str(traces[-1])).planes)
    if not busy:
        raise Unknown("the profiler's trace has no stream of a GPU")
    return busy * 1e-9 / number


def busy_ns(planes: Iterable[Any]) -> float:
    """Nanoseconds in which a stream of a GPU was busy, however many were at once.

    A GPU's plane has a line for each stream; its other lines sum up the same kernels by operation.
    """
    spans = sorted(
        (event.start_ns, event.start_ns + event.duration_ns)
        for plane in planes
        if plane.name.startswith("/device:GPU:")
        for line in plane.lines
        if line.name.startswith("Stream")
        for event in line.events
    )
    total, until = 0.0, float("-inf")
    for start, end in spans:
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total
