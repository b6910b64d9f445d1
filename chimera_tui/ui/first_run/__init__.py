"""The first screen of all."""
