"""Meters a Claude Code session and hands it over to a fresh one with a committed brief.

This file stays empty of imports: every hook pays for what it loads.
"""

__version__ = "0.1.0"
