"""A session receives a brief: candidates, offer, what changed since."""
