"""One function for each client event, and the policy between a reading and an act."""
