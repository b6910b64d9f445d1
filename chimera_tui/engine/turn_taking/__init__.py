"""Who speaks next: one module per mode."""
