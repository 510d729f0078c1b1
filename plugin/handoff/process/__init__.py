"""Programs started, supervised and stopped."""
