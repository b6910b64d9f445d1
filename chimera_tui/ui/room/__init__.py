"""The room: a conversation on the screen, and what a person can do in it."""
