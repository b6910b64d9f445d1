"""Cheap measures of a conversation."""
