"""The repository and what is kept beside it: git, store, trust, claims."""
