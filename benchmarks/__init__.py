"""How jacobench times: asv classes (one module a family) over the harness. ``python -m benchmarks --help`` is the
plain door.
"""
