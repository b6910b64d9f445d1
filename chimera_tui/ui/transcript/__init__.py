"""The transcript: what was said, drawn line by line."""
