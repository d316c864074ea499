"""Libraries whose rows are timed beside ours: how they are cited."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def cite(package: str) -> str:
    """The package with the version that is installed; its name alone where it is not, and its rows are skipped."""
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return package
