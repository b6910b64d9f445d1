"""The terminal: what it sends, how large it is, how it is left."""
