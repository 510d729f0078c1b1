"""The small files about one session, each read once and only if it is asked for."""

from __future__ import annotations

from handoff.session import state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handoff.client.mod_state import Mod
    from handoff.config.model import Config
    from handoff.meter.compaction import Rules
    from handoff.meter.feed import Feed
    from handoff.runtime import Runtime


class SessionFiles:
    """What is known of a session at one moment: its state, what the mod and the feed say, the
    configuration as this session has it, and what decides where the client compacts it.

    `cwd` stands in for the project of a session whose start nobody saw.
    """

    __slots__ = ("_config", "_feed", "_mod", "_rules", "_session", "cwd", "runtime", "session_id")

    def __init__(self, session_id: str, runtime: Runtime, cwd: str = "") -> None:
        self.session_id = session_id
        self.runtime = runtime
        self.cwd = cwd
        self._session: state.SessionState | None = None
        self._mod: Mod | None = None
        self._feed: tuple[Feed | None] | None = None  # of one: a session may have none
        self._config: tuple[str, Config] | None = None  # of which project
        self._rules: Rules | None = None

    @property
    def session(self) -> state.SessionState:
        """The session's state."""
        if self._session is None:
            self._session = state.load(self.runtime.home, self.session_id)
        return self._session

    def adopt(self, changed: state.SessionState | None) -> bool:
        """Go on with the state that a transition returned; whether it changed anything."""
        if changed is not None:
            self._session = changed
        return changed is not None

    def reload(self) -> None:
        """Others than a transition that was adopted changed the state: read it again when asked."""
        self._session = None

    @property
    def project(self) -> str:
        """The session's project, else the directory of the event."""
        return self.session.project or self.cwd

    @property
    def mod(self) -> Mod:
        """What the mod said last."""
        if self._mod is None:
            from handoff.client import mod_state

            self._mod = mod_state.load(self.runtime.home, self.session_id)
        return self._mod

    @property
    def feed(self) -> Feed | None:
        """The client's own figures, None where nobody saved any."""
        if self._feed is None:
            from handoff.meter import feed

            self._feed = (
                feed.load(self.runtime.home, self.session_id, self.runtime.now, self.mod),
            )
        return self._feed[0]

    @property
    def config(self) -> Config:
        """The configuration with what the user set for this session alone."""
        project = self.project
        if self._config is None or self._config[0] != project:
            self._config = (project, self.runtime.config(project))
        return self.session.adapt(self._config[1])

    @property
    def rules(self) -> Rules:
        """What decides, besides the feed, where the client compacts."""
        if self._rules is None:
            from handoff.session import observed_compaction

            self._rules = observed_compaction.read_rules(self.session, self.runtime)
        return self._rules

    def reload_rules(self) -> None:
        """A compaction was observed: the rules are to be read again."""
        self._rules = None
