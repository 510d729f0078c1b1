"""The document that hands a task over: model, parse and render, facts, redaction, size."""
