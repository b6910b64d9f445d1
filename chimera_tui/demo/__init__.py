"""The built-in demo: speaks for any persona on any topic, offline."""
