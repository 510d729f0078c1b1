"""Finding and starting the client."""
