"""A client in which the mod runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from support.client import WRITE, Client, context

if TYPE_CHECKING:
    from support.repo import Repo

ATTENDED = {"CLAUDE_CODE_SESSION_ATTENDED": "1"}


class Modded(Client):
    """A client with the mod; `says` is what the mod writes at the end of each turn."""

    def __init__(self, repo: Repo, session: str = "s1", **env: str) -> None:
        super().__init__(repo, session, **{**ATTENDED, **env})
        self.turn = 0
        self.says: dict[str, Any] = {"interactive": True}

    def tell(self, tokens: int | None, turn: str, **more: Any) -> None:
        """Write the mod's file."""
        used = {"window": 1_000_000} | ({"tokens": tokens} if tokens else {})
        reading = {"at": 1.0, "context": used, "cost": {"usd": 0.5}, "model": "claude-opus-5-5"}
        path = self.repo.state / "mod" / f"{self.session}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**reading, "turn": turn, **self.says, **more}))

    def ends_turn(
        self, tokens: int, turn: str = "", command: str = "", **fields: Any
    ) -> dict[str, Any]:
        """The end of a turn at so many tokens, in which a shell's `command` ran or a file was read;
        `turn` is its prompt id (default: a new one).
        """
        self.turn += not turn
        turn = turn or f"p{self.turn}"
        self.works(tokens, command=command)
        self.tell(tokens, turn)
        return self("stop", prompt_id=turn, last_assistant_message="", **fields)

    def told(self) -> dict[str, Any]:
        """What the hooks wrote for the mod."""
        path = self.repo.state / "next" / f"{self.session}.json"
        order: dict[str, Any] = json.loads(path.read_text())
        return order

    @property
    def order(self) -> dict[str, Any]:
        """What the mod is to do now, {} if nothing."""
        return self.told()["order"] or {}

    def runs_handoff(self, turn: str) -> str:
        """The mod runs `/handoff` as the turn `turn`; what the model is told."""
        return context(
            self("user-prompt-expansion", command_name="handoff:handoff", prompt_id=turn)
        )


def at_work(repo: Repo) -> Modded:
    """A session that has started and answered once."""
    modded = Modded(repo)
    modded.tell(None, "")
    modded.start(model="claude-opus-5-5")
    modded.works(20_000)
    return modded


def hand_over(client: Modded) -> dict[str, Any]:
    """Over the threshold, `/handoff` by the mod, a brief by the model; the answer at its end."""
    client.ends_turn(205_000)
    client.runs_handoff("h1")
    client.brief()
    return client.ends_turn(206_000, "h1", WRITE)
