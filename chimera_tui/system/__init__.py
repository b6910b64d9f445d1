"""Help with the machine: files, garbage."""
