"""Measurements: `python -m bench` prints them, as ratios against a baseline of the same run."""
