"""One event of the client with all that is known of its session: what every handler is given."""

from __future__ import annotations

from handoff.session.files import SessionFiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handoff.client.hook_io import Payload
    from handoff.meter.context import Reading
    from handoff.prompts.texts import Prompts
    from handoff.runtime import Runtime


class Event(SessionFiles):
    """An event by the `name` that hooks.json has for it, with the client's `payload`.

    Each file about the session is read once, when a handler first asks for it.
    """

    __slots__ = ("_prompts", "_reading", "name", "payload")

    def __init__(self, name: str, payload: Payload, runtime: Runtime) -> None:
        super().__init__(payload.session_id, runtime, payload.cwd)
        self.name = name
        self.payload = payload
        self._prompts: Prompts | None = None
        self._reading: Reading | None = None

    @property
    def home(self) -> str:
        """The state directory."""
        return self.runtime.home

    @property
    def is_at_turns_end(self) -> bool:
        """Whether the mod is alive: it heard of the end of this very turn just before."""
        return self.mod.is_at(self.payload)

    @property
    def prompts(self) -> Prompts:
        """The texts for the model that are in force in the session's project."""
        if self._prompts is None:
            from handoff.store import trusted_prompts

            self._prompts = trusted_prompts.load(self.runtime, self.project)
        return self._prompts

    @property
    def reading(self) -> Reading:
        """Context, cost and caps now: from the feed if that is fresh, else the transcript."""
        if self._reading is None:
            from handoff.meter import context

            self._reading = context.measure(
                self.feed,
                self.payload.transcript,
                self.session.model,
                self.rules,
                answer=self.payload.text("last_assistant_message"),
                current=self.name == "stop" and self.is_at_turns_end,
            )
        return self._reading
