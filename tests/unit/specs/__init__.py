"""Specs: their files, what is wrong with them, and their commands."""
