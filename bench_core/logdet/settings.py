"""Constants and rules of the family that its problem, kernels and oracle share."""

from __future__ import annotations

ALPHA = 0.1  # slope of the activation where none is given
RATE = 0.1  # mu of the step that is checked: large enough that float32 sees the update
STEADY_RATE = 1e-7  # mu of the steps that are timed: thousands of them leave the parameters where they are
# What rivals compute that learn an inverse beside W: the gradient by W and b, and by the inverse.
LEARNED = ("self_normalizing", "free_form")
