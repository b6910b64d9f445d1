"""One module per file format, pure functions."""
