"""Tables, panels and progress: the one place that prints with rich."""
