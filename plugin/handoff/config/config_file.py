"""Configuration files: YAML to the compiled form, every mistake named with file, line and fix.

`~/.config/handoff/config.yaml` is the user's; `.handoff/config.yaml` in a repository is the team's
and may set thresholds only: nothing in it can start a program or act more than the user allowed.
A value comes from the last of these that sets it: the defaults, the team's file, the user's, the
entries of `projects` in the user's that match the project. A mistake never stops a session: the key
keeps the value that it had and is listed as a problem.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import file_io
from handoff.config import launch, merge, projects, redact_patterns, threshold_order, yaml_file
from handoff.config.model import DEFAULTS, Config, cache_file, stamp
from handoff.config.problem import Problem, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_TEAM_KEYS = ("thresholds",)
_NOT_THE_TEAMS = {
    key: "cannot be set in the team's file, only in your own"
    for key in DEFAULTS
    if key not in _TEAM_KEYS
}
_READERS: Mapping[str, merge.Reader] = {
    "redact.patterns": redact_patterns.read,
    "projects": projects.read,
    "routes": launch.routes,
    "providers": launch.providers,
    "runners": launch.runners,
}
_CACHED_PROJECTS = 40


@dataclass(frozen=True)
class Loaded:
    """A configuration, what is wrong in its files, and where each value is from, by its name
    (`thresholds.warn.context`); a name without a source has its default.
    """

    config: Config
    problems: list[Problem]
    sources: Mapping[str, Source]


def load(
    files: Sequence[str], project: projects.Project | None = None
) -> tuple[Config, list[Problem]]:
    """The configuration of `files` (the user's, the team's) for a project, and what is wrong."""
    loaded = load_with_sources(files, project)
    return loaded.config, loaded.problems


def load_with_sources(files: Sequence[str], project: projects.Project | None = None) -> Loaded:
    """The same, with the source of each value. What is wrong is left out and told."""
    values = copy.deepcopy(DEFAULTS)
    problems: list[Problem] = []
    sources: dict[str, Source] = {}
    for number, path in reversed(list(enumerate(files))):
        problems_here: list[Problem] = []
        node = yaml_file.compose(path, problems_here)
        if node is not None:
            tell, lines = _told(path, problems_here), dict[str, int]()
            layer = merge.Layer(tell, lines, _NOT_THE_TEAMS if number else {}, _READERS)
            merge.merge(values, node, layer)
            sources.update({name: Source(path, line) for name, line in lines.items()})
            if number == 0:
                launch.check(values, tell)
                for name, line, pattern in projects.apply(values, project) if project else ():
                    sources[name] = Source(path, line, pattern)
        problems = problems_here + problems
    for at, what in threshold_order.correct(values, sources, files[0]):
        problems.append(Problem(at.path, at.line, what))
    return Loaded(Config(values), problems, sources)


def load_cached(home: str, files: Sequence[str], project: projects.Project | None = None) -> Config:
    """Like `load`, leaving the compiled form for the hooks (`config.model.load_cached`), unless a
    file could not be read at the moment: what it says would not count until it is changed.

    Each project has a compiled form of its own, by the path of its team's file; without the entries
    of `projects`, which have been applied: every hook reads the whole file.
    """
    at = stamp(files)
    config, problems = load(files, project)
    config = Config({**config.values, "projects": []})
    if any(problem.passing for problem in problems):
        return config
    cache = file_io.read_json(cache_file(home))
    cache.pop("\n".join(files), None)
    recent = dict(list(cache.items())[-_CACHED_PROJECTS:])
    entry = {"stamp": at, "values": config.values}
    try:
        file_io.write_json(cache_file(home), {**recent, "\n".join(files): entry})
    except OSError:
        pass  # compiled again at the next look
    return config


def _told(path: str, problems: list[Problem]) -> Callable[[int, str], None]:
    return lambda line, what: problems.append(Problem(path, line, what))
