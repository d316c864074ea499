"""The chapters of a family's page: one file each, a pure function from the family's digest to a section or None."""

from importlib import import_module

# In reading order. To add a chapter, add its module's name here.
_NAMES = (
    *("sources", "scaling", "clocks", "speedups", "crossovers", "double_backprop", "exponents", "memory", "accuracy"),
    *("contests", "qualities", "ladders", "beside", "rivals", "libraries", "work", "compilation"),
)
CHAPTERS = tuple(import_module(f".{name}", __package__) for name in _NAMES)
