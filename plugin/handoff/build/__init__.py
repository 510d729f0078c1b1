"""Builds: one feature a session, verified by code, until a spec is built."""
