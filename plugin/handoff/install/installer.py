"""The plugin's install.sh as `handoff install` runs it."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from handoff.base import paths

if TYPE_CHECKING:
    from collections.abc import Mapping


def find_command(env: Mapping[str, str]) -> tuple[list[str], str]:
    """The command that runs this plugin's install.sh; or what is missing for it."""
    script = os.path.join(paths.plugin_root(), "install.sh")
    if not os.path.isfile(script):
        return [], f"{script} is missing."
    bash = shutil.which("bash", path=paths.program_path(env))
    return ([bash, script], "") if bash else ([], "No bash on the PATH.")


def environment_for(env: Mapping[str, str]) -> dict[str, str]:
    """Its environment: what the user typed, for its messages; and a Python that works."""
    return {**env, "HANDOFF_INSTALLER": "handoff install", "HANDOFF_PYTHON": sys.executable}
