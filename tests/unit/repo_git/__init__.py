"""`handoff.git.run` and what builds on it, on real repositories."""
