"""implicit kernels in jax, one method a file."""
