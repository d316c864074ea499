"""line_integral kernels in jax, one method a file."""
