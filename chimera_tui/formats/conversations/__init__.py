"""Conversations as files: our JSON, Markdown, chats of other programs."""
