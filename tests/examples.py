"""How many examples a property is tried on: few in every run, more where the slow tests run too."""

from __future__ import annotations

from hypothesis import settings

THOROUGH = settings.get_current_profile_name() != "quick"


def examples(quick: int, thorough: int) -> int:
    """``max_examples`` of a test whose examples are dear: so many, or so many where the slow tests run."""
    return thorough if THOROUGH else quick
