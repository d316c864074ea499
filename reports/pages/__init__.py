"""The sections of the report: one file each, a pure function from the analysis to blocks."""

from ..analysis import Analysis
from . import (
    answer,
    claims,
    health,
    history,
    provenance,
    studies,
)
from .blocks import Section

# In reading order. To add a section, add its module here.
SECTIONS = (
    answer,
    claims,
    health,
    studies,
    history,
    provenance,
)


def build_sections(analysis: Analysis) -> tuple[Section, ...]:
    """All sections of a report."""
    return tuple(module.build(analysis) for module in SECTIONS)
