"""Many sessions: relay, queue, verification, waiting."""
