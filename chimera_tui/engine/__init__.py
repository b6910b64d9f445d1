"""The live room: turns, requests, pace."""
