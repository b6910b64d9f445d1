"""The personas that can be cast."""
