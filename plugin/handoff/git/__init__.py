"""Git, and no knowledge of briefs."""
