"""The plugin's own environment, its launcher, and the link that leads to it."""
