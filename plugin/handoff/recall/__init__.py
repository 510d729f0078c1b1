"""Looking back: search in the transcripts of earlier sessions."""
