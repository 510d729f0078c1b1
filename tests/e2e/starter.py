"""`bin/handoff` in a world whose client loads the checkout's plugin."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.paths import ROOT

from .model import runs, says

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.demo.api import Reply

    from .harness import World

BRIEF = "# Say hello\n## Task\nPut `hello` into greeting.txt.\n## Next step\nWrite the file.\n"


OTHER_KEYS = {
    "OPENAI_API_KEY": "sk-openai-1",
    "AWS_SECRET_ACCESS_KEY": "aws-2",
    "GEMINI_API_KEY": "gemini-3",
    "CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat-4",
}


DONE = "handoff done {} --outcome - <<'OUTCOME'\nDone; greeting.txt says hello.\nOUTCOME"


@dataclass(frozen=True)
class Ran:
    """What one run of the command line left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Starter:
    """`bin/handoff` in a world whose client, on the PATH, loads the checkout's plugin."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.bin = world.root / "bin"
        self.bin.mkdir()
        (self.bin / "claude").symlink_to(world.client)
        self.configure("routes:\n- use_below\n")

    def configure(self, text: str, **route: Any) -> None:
        """Write the user's configuration; `route` is one that takes every brief."""
        args = {"args": ["--plugin-dir", str(ROOT)], "permission_mode": "acceptEdits",
                "allowed_tools": ["Bash"], **route}  # fmt: skip
        path = self.world.home / ".config" / "handoff" / "config.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("- use_below", f"- {json.dumps(args)}"))

    def env(self, base: Mapping[str, str], **more: str) -> dict[str, str]:
        path = f"{self.bin}{os.pathsep}{base['PATH']}"
        return {**OTHER_KEYS, **base, "PATH": path, **more}

    def command(self, *arguments: str) -> list[str]:
        return [str(ROOT / "bin" / "handoff"), *arguments]

    def __call__(
        self,
        *arguments: str,
        stdin: str = "",
        env: Mapping[str, str] | None = None,
        timeout: float = 90,
        **more: str,
    ) -> Ran:
        base = self.world.client_env if env is None else env
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.world.project,
            env=self.env(base, **more),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def write(self, *options: str) -> str:
        """A task brief; its id."""
        base = self.world.basic_env
        done = self("write", "--kind", "task", *options, "--json", stdin=BRIEF, env=base)
        assert done.code == 0, done.err
        return str(done.json["id"])


def works(start: Starter, brief_id: str) -> list[Reply]:
    """A model that does the task and finishes the brief."""
    return [
        runs("echo hello > greeting.txt", 9_000),
        runs(DONE.format(brief_id), 10_000),
        says("The file says hello.", 11_000),
    ]
