"""What was used: `handoff usage`."""
