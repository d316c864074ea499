"""The chapters of a family's page: one file each, a pure function from the family's digest to a section or None."""

from . import (
    accuracy,
    beside,
    clocks,
    compilation,
    contests,
    crossovers,
    double_backprop,
    exponents,
    ladders,
    libraries,
    memory,
    qualities,
    rivals,
    scaling,
    sources,
    speedups,
    work,
)

# In reading order. To add a chapter, add its module here.
CHAPTERS = (
    sources,
    scaling,
    clocks,
    speedups,
    crossovers,
    double_backprop,
    exponents,
    memory,
    accuracy,
    contests,
    qualities,
    ladders,
    beside,
    rivals,
    libraries,
    work,
    compilation,
)
