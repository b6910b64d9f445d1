"""What a conversation is made of; knows nothing of screens, files or networks."""
