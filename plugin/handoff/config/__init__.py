"""The configuration: its model, the files it is read from, and what their values may be."""
