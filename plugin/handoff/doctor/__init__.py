"""What `handoff doctor` checks."""
