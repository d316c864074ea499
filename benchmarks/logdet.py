"""asv: log-determinant gradients."""

from benchmarks._door import classes

globals().update(classes("logdet"))
