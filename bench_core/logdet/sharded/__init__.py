"""The family's kernels over several devices, one D x D matrix cut into as many pieces.

``layout.py`` says which array is cut along which axis, ``jax.py`` and ``torch.py`` place the arrays so and run the very
kernels of ``bench_core/logdet/jax`` and ``torch``: what is exchanged is each framework's own choice. ``traffic.py`` has
the formulas for how much that is.
"""
