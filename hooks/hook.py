"""The launcher of every hook: `python -I -S hook.py EVENT [CLIENT]`, the event's JSON on stdin.

CLIENT is the client's process id: between it and this process is the shell that reads run.sh.
EVENT may also be `statusline`: then stdin is what the client gives a status line command; or
`doctor`: then the answer is which Python this is.
Most events end here, in a few milliseconds, with the standard library alone. Those that need git or
YAML go on in the private environment (`<state>/env`, a link made by install.sh or by
install/bootstrap.py).
Whatever happens: exit 0, and valid JSON or nothing on stdout.
"""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIBRARY = os.path.join(ROOT, "plugin")


def main(event: str = "", client: str = "0") -> None:
    """Answer `event` of the client's process `client`, here or in the environment."""
    sys.path.insert(0, LIBRARY)
    if event == "doctor":
        say(f"{sys.executable} {sys.version.split()[0]}")
        return
    if sys.version_info < (3, 10):
        from handoff.install import bootstrap

        bootstrap.go_on(LIBRARY, event, client, None)
        say(bootstrap.ensure(ROOT, event))
        return

    from handoff.runtime import Here, NeedsEnvironment

    here = Here(os.environ, full=False, client_pid=int(client))
    if event == "statusline":
        from handoff.status import status_line

        status_line.run(here)
        return

    from handoff.client import hook_io
    from handoff.hooks import dispatch

    raw = hook_io.read_stdin()
    try:
        answer = dispatch.answer(event, raw, here)
    except NeedsEnvironment:
        from handoff.install import bootstrap

        bootstrap.go_on(LIBRARY, event, client, raw)
        answer = ""
    if event == "session-start" and not answer:
        from handoff.install import bootstrap

        answer = bootstrap.ensure(ROOT, event)
    say(answer)


def say(answer: str) -> None:
    """Print in one write: a stdout that is closed must not become a message on stderr."""
    if answer:
        os.write(1, answer.encode() + b"\n")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:3])
    except BrokenPipeError:
        pass  # the client has stopped listening: the session is over
    except BaseException:
        try:
            from handoff.base import log, paths

            log.note_bug(paths.state_home(os.environ), "hook.py")
        except BaseException:  # noqa: S110 - nowhere left to tell
            pass
    os._exit(0)  # nothing that runs at exit may change the answer
