"""The sections of the report: one file each, a pure function from the analysis to blocks."""

from ..analysis import Analysis
from . import (
    accuracy,
    answer,
    claims,
    compilation,
    exponents,
    health,
    history,
    memory,
    provenance,
    scaling,
    speedups,
    studies,
    work,
)
from .blocks import Section

# In reading order. To add a section, add its module here.
SECTIONS = (
    answer,
    claims,
    health,
    scaling,
    exponents,
    speedups,
    memory,
    accuracy,
    work,
    compilation,
    studies,
    history,
    provenance,
)


def build_sections(analysis: Analysis) -> tuple[Section, ...]:
    """All sections of a report."""
    return tuple(module.build(analysis) for module in SECTIONS)
