"""The studio: personas looked at, edited, tried, made."""
