"""The parts put together, as screens and commands use them."""
