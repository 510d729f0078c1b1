"""The process of one hook, from its command line to its answer: what `hooks/hook.py` calls.

Most events end here, in a few milliseconds, with the standard library alone. Those that need git or
YAML go on in the private environment (`<state>/env`, a link made by install.sh or by
install/bootstrap.py). This file, and what it imports at first, also run on Pythons older than 3.10.
"""

from __future__ import annotations

import os
import sys


def main(root: str, event: str = "", client: str = "0") -> None:
    """Answer `event` of the client's process `client`, here or in the environment.

    `root` is the plugin's folder.
    """
    library = os.path.join(root, "plugin")
    if event == "doctor":
        _print(f"{sys.executable} {sys.version.split()[0]}")
        return
    if sys.version_info < (3, 10):
        from handoff.install import bootstrap

        bootstrap.go_on(library, event, client, None)
        _print(bootstrap.ensure_environment(root, event))
        return

    from handoff.runtime import NeedsEnvironment, Runtime

    runtime = Runtime(os.environ, full=False, client_pid=int(client))
    if event == "statusline":
        from handoff.status import status_line

        status_line.run(runtime)
        return

    from handoff.client import hook_io
    from handoff.hooks import dispatch

    raw = hook_io.read_stdin()
    try:
        answer = dispatch.answer(event, raw, runtime)
    except NeedsEnvironment:
        from handoff.install import bootstrap

        bootstrap.go_on(library, event, client, raw)
        answer = ""
    if event == "session-start" and not answer:
        from handoff.install import bootstrap

        answer = bootstrap.ensure_environment(root, event)
    _print(answer)


def _print(answer: str) -> None:
    """Print in one write: a stdout that is closed must not become a message on stderr."""
    if answer:
        os.write(1, answer.encode() + b"\n")
