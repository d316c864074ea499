"""What compiling a row took, told apart by whether anything of it was on the disk."""

from __future__ import annotations

import os
from pathlib import Path


def describe(name: str, form: str, seconds: float | None) -> dict[str, float | None]:
    """The fields of a record's row: cold where nothing was there, cached where an earlier session had compiled it.

    torch.compile keeps its work in the session's folder, which is another one's too (``child.environment``); a row that
    has been compiled leaves a note there. JAX's sessions keep nothing.
    """
    if form != "compiled" or seconds is None:
        return {"compile_s": seconds, "compile_cold_s": seconds, "compile_cached_s": None}
    note = Path(os.environ["TORCHINDUCTOR_CACHE_DIR"], "rows", name.replace(":", "-"))
    cached = note.exists()
    note.parent.mkdir(parents=True, exist_ok=True)
    note.touch()
    return {
        "compile_s": seconds,
        "compile_cold_s": None if cached else seconds,
        "compile_cached_s": seconds if cached else None,
    }
