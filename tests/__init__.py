"""Tests: real parts, and no absolute times."""

HANG = 30.0
"""Seconds, far above what anything takes that is no hang, on however slow a machine."""
