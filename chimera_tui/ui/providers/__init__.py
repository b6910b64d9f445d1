"""The providers: how they are, their keys, their models."""
