"""Finders that several tests share: files of a results folder, lines of a run, series, and the tables of a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from reports.analysis import Analysis
from reports.load import Run
from reports.pages.blocks import Page, Table
from reports.points import Series


def session_path(folder: Path, size: int = 256, backend: str = "torch") -> Path:
    """The record of a cell's first process."""
    return next(folder.glob(f"*/sessions/*/logdet-{backend}-cpu-float32-D{size}-*.p0.session"))


def asv_path(folder: Path) -> Path:
    """asv's file."""
    return next(path for path in folder.glob("*/*.json") if path.name != "machine.json")


def lines_of(run: Run, **wanted: Any) -> pd.DataFrame:
    """The lines with these values."""
    frame = run.frame
    for name, value in wanted.items():
        frame = frame[frame[name] == value]
    return frame


def series_of(analysis: Analysis, backend: str = "torch", device: str = "cpu") -> Series:
    """The first series of a place."""
    return next(s for s in analysis.series() if (s.place.backend, s.place.device) == (backend, device))


def tables_of(page: Page) -> dict[str, Table]:
    """Its tables by their names."""
    return {table.name: table for section in page.sections for table in section.tables()}
