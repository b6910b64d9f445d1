"""One module per wire format, and the services that speak it."""
