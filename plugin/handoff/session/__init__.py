"""What is remembered and decided about one session."""
