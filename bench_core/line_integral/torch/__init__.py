"""line_integral kernels in torch, one method a file."""
