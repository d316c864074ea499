"""score kernels in torch, one method a file."""
