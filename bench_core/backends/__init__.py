"""One small module per framework, same names in both: placement, precision, threads, waiting, copying out."""
