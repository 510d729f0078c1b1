"""`handoff.repo.git` and what builds on it, on real repositories."""
