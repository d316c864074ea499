"""logdet kernels in torch, one method a file."""
