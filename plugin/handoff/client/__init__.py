"""The client's formats, and nothing else: the one room that knows its field names."""
