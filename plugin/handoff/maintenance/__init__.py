"""Briefs kept in order: list, chain, drop, prune, commit, push, claim."""
