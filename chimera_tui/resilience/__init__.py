"""What stands around providers: their health."""
