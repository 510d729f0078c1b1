"""What a secret looks like: shapes, words beside it, its own randomness, blocks of lines."""
