"""asv: functions that are integrals of a learned Jacobian."""

from benchmarks._door import classes

globals().update(classes("line_integral"))
