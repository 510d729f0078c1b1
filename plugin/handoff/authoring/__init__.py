"""A brief is written: gathered, composed, checked against the facts."""
