"""The client's transcripts: their lines, and what a session's file says."""
