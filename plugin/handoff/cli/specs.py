"""The commands of specs that need no session: spec list, show, check, edit, drop, export."""

from __future__ import annotations

from handoff.cli.console import cli


@cli.group(name="spec", examples=["handoff spec list", "handoff spec show 77c1"])
def specs_group() -> None:
    """Describe what is to be built, feature by feature."""
