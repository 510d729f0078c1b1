"""What surrounds one event: environment, places, configuration. Made once at the edge."""

from __future__ import annotations

import os
import time

from handoff.base import paths
from handoff.config import model as configs
from handoff.git.discovery import find_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NeedsEnvironment", "Runtime", "config_files", "find_root"]


class NeedsEnvironment(Exception):  # noqa: N818 - a request to the launcher, not an error
    """The answer needs the dependencies: the launcher starts the same event in the environment."""


class Runtime:
    """The surroundings of one event or command.

    `full` says whether the dependencies can be imported; `now` is epoch seconds; `home` the state
    directory; `client_pid` the client's process in a hook, else the one that started this one.
    """

    __slots__ = ("client_pid", "env", "full", "home", "now")

    def __init__(
        self,
        env: Mapping[str, str],
        *,
        full: bool,
        now: float | None = None,
        home: str = "",
        client_pid: int = 0,
    ) -> None:
        self.env = env
        self.full = full
        self.now = time.time() if now is None else now
        self.home = home or paths.state_home(env)
        self.client_pid = client_pid or os.getppid()

    def need_environment(self) -> None:
        """Go on only with the dependencies at hand."""
        if not self.full:
            raise NeedsEnvironment

    def config(self, project: str) -> configs.Config:
        """The configuration for a project directory, compiled when it changed."""
        files = config_files(self.env, project)
        config = configs.load_cached(self.home, files)
        if config is None:
            self.need_environment()
            from handoff.config import config_file

            config = config_file.load_cached(self.home, files)
        return config


def config_files(env: Mapping[str, str], project: str) -> list[str]:
    """The user's configuration file and the team's in the repository around `project`."""
    return [paths.config_file(env), os.path.join(find_root(project), configs.TEAM_FILE)]
