"""The main job on the real client against a scripted model, with no account."""
