"""Programs that git's configuration names: those of filters and hooks are switched off, by name.

`-c` can empty a key, but not all keys of a kind at once, so the names are read first. What no name
is needed for (file monitor, editor, pager, textconv, …) `git.run` switches off for every run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.git import config as git_config

if TYPE_CHECKING:
    from collections.abc import Mapping

# Hooks in the configuration came with git 2.54.
_KEYS = re.compile(r"(filter\..*\.(clean|smudge|process|required)|hook\..*\.command)", re.DOTALL)


@dataclass(frozen=True)
class Programs:
    """What the configuration names, of every scope: `filters`, by driver, whether it is required
    (git would refuse content that did not pass it), and `hooks` by their names.
    """

    filters: Mapping[str, bool] = field(default_factory=dict)
    hooks: tuple[str, ...] = ()

    def off(self, *, filters: bool = True) -> list[str]:
        """Settings for `-c` under which none of them runs; not `filters`: those do."""
        settings = [f"hook.{name}.enabled=false" for name in self.hooks]
        for name in self.filters if filters else ():
            settings += [f"filter.{name}.{key}=" for key in ("clean", "smudge", "process")]
            settings.append(f"filter.{name}.required=false")
        return settings


def find(config: git_config.Config) -> Programs:
    """Those that a configuration names. Raises HandoffError for a name that cannot be switched
    off.
    """
    filters: dict[str, bool] = {}
    hooks: dict[str, None] = {}
    for _, _, key, value in config.entries:
        if not _KEYS.fullmatch(key):
            continue
        kind, _, rest = key.partition(".")
        name, _, what = rest.rpartition(".")
        if "=" in name:
            raise HandoffError(
                f"git's configuration names a program for {kind} {name!r}, which handoff cannot "
                f"switch off, because the name contains an equals sign.",
                f"Rename it. To find it: git config --show-origin --get-all '{key}'",
            )
        if kind == "hook":
            hooks[name] = None
        elif what == "required":
            filters[name] = git_config.is_true(value)
        else:
            filters.setdefault(name, False)
    return Programs(filters, tuple(hooks))
