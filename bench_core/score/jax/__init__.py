"""score kernels in jax, one method a file."""
