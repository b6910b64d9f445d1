"""Settings, paths and what the environment says."""
