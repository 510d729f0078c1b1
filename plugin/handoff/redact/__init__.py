"""Secrets: how they look, and texts without them."""
