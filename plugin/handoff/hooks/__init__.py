"""One module for each client event: what it answers."""
