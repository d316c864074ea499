"""asv: networks that stand for a gradient."""

from benchmarks._door import classes

globals().update(classes("score"))
