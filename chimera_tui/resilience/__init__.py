"""What stands between rooms and providers: limits, breakers, retries, health, choice."""
