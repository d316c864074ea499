"""Changes that are planted in a copy of ``bench_core``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def plant() -> Callable[[Path, str, str, str], None]:
    """Replace what must be there, in a file of the checkout's ``bench_core``."""

    def replace(checkout: Path, file: str, old: str, new: str) -> None:
        path = checkout / "bench_core" / file
        text = path.read_text()
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new))

    return replace
