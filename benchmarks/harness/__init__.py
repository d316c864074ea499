"""Sessions, clocks, memory, outcomes, environment: the ruler, kept apart from what it measures.

Importing it imports neither torch nor jax: they are loaded in a session's own process (``worker.py``) and nowhere else.
"""

# Raised when the way of measuring changes, so that numbers from two rulers are never compared unawares.
RULER = 4
