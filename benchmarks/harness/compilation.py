"""What compiling a row took, told apart by whether anything of it was on the disk."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

_HIT, _MISS = "/jax/compilation_cache/cache_hits", "/jax/compilation_cache/cache_misses"


class Programs:
    """JAX's programs, by its own account: loaded from its cache on the disk, or compiled.

    A loader may refuse what it finds there and compile after all: XLA's of the CPU does on processors with preferences
    that it takes for instructions (github.com/jax-ml/jax/issues/38445). Such a compilation is a cold one.
    """

    def __init__(self, backend: str):
        self._found: Counter[str] = Counter()
        if backend == "jax":
            import jax

            jax.monitoring.register_event_listener(self._count)

    def _count(self, event: str, **_: Any) -> None:
        if event in (_HIT, _MISS):
            self._found[event] += 1

    def were_kept(self) -> bool:
        """Whether all that were needed since this was asked last were there, and any."""
        found, self._found = self._found, Counter()
        return bool(found[_HIT]) and not found[_MISS]


def describe(name: str, form: str, seconds: float | None, kept: bool) -> dict[str, float | None]:
    """The fields of a record's row: cold where nothing was there, cached where an earlier session had compiled it.

    torch.compile keeps its work in the session's folder, which is another one's too (``child.environment``); a row that
    has been compiled leaves a note there. Of JAX's rows ``kept`` tells it.
    """
    if form == "compiled" and seconds is not None:
        note = Path(os.environ["TORCHINDUCTOR_CACHE_DIR"], "rows", name.replace(":", "-"))
        kept = note.exists()
        note.parent.mkdir(parents=True, exist_ok=True)
        note.touch()
    return {
        "compile_s": seconds,
        "compile_cold_s": None if kept else seconds,
        "compile_cached_s": seconds if kept else None,
    }
