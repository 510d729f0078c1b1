"""`<state>/plugin`: a link to the plugin's files that stays where it is when the plugin is updated.

The client's settings name it for the status line: the plugin's own folder changes its name with
every version.
"""

from __future__ import annotations

import os

from handoff.base import file_io, log, paths


def link_path(home: str) -> str:
    """Where the link is."""
    return os.path.join(home, "plugin")


def keep_link(home: str) -> None:
    """Point the link at the plugin that runs now; one readlink if it already does. Never raises.

    Two versions in two sessions take turns, and either works.
    """
    link, root = link_path(home), paths.plugin_root()
    try:
        if os.readlink(link) == root:
            return
    except OSError:
        pass  # it is not there yet
    try:
        if os.path.realpath(root) == os.path.realpath(link):
            return  # this process was itself started by the link
        file_io.make_private(home)
        file_io.replace_link(root, link)
    except OSError as error:
        log.note(home, "link", f"{link} could not be made: {error}")
