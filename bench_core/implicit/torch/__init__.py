"""implicit kernels in torch, one method a file."""
