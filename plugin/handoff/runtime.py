"""What surrounds one event: environment, places, configuration. Made once at the edge."""

from __future__ import annotations

import os
import time

from handoff.base import paths
from handoff.config import model as configs
from handoff.git.discovery import find_root, shared_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.config import config_file, projects

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

            config = config_file.load_cached(self.home, files, _project(self.env, project))
        return config

    def read_config(self, project: str) -> config_file.Loaded:
        """The same from the files themselves, with what is wrong in them and where each value is
        from.
        """
        self.need_environment()
        from handoff.config import config_file

        files = config_files(self.env, project)
        return config_file.load_with_sources(files, _project(self.env, project))


def config_files(env: Mapping[str, str], project: str) -> list[str]:
    """The user's configuration file and the team's in the repository around `project`."""
    return [paths.config_file(env), os.path.join(find_root(project), configs.TEAM_FILE)]


def _project(env: Mapping[str, str], directory: str) -> projects.Project:
    """What the patterns of `projects` are held against: the root of the worktree, and that of the
    repository's main checkout, so that a worktree made for a task has the rules of its project.
    """
    from handoff.config import projects

    root = find_root(directory)
    shared = shared_folder(root)
    main = [os.path.dirname(shared)] if os.path.basename(shared) == ".git" else []
    try:
        home = paths.home(env)
    except RuntimeError:
        home = ""
    return projects.Project(home, [root, *main])
