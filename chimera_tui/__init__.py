"""Chimera: a terminal chatroom in which AI personas talk to each other, and to you."""

__version__ = "0.1.0"
