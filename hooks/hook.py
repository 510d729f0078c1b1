"""The launcher of every hook: `python3 -I -S hook.py EVENT`, with the event's JSON on stdin.

EVENT may also be `statusline`: then stdin is what the client gives a status line command.
Most events end here, in a few milliseconds, with the standard library alone. Those that need git or
YAML go on in the private environment (`<state>/env`, a link made by install.sh or bootstrap.py).
Whatever happens: exit 0, and valid JSON or nothing on stdout.
"""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIBRARY = os.path.join(ROOT, "plugin")


def main(event: str) -> None:
    """Answer `event`, here or in the environment."""
    sys.path.insert(0, LIBRARY)
    if sys.version_info < (3, 10):
        from handoff import bootstrap

        bootstrap.go_on(LIBRARY, event, None)
        say(bootstrap.ensure(ROOT, event))
        return

    from handoff.flow.here import Here, NeedsEnvironment

    if event == "statusline":
        from handoff.flow import statusline

        statusline.run(Here(os.environ, full=False))
        return

    from handoff.client import hookio
    from handoff.flow import dispatch

    raw = hookio.read_stdin()
    try:
        answer = dispatch.answer(event, raw, Here(os.environ, full=False))
    except NeedsEnvironment:
        from handoff import bootstrap

        bootstrap.go_on(LIBRARY, event, raw)
        answer = ""
    if event == "session-start" and not answer:
        from handoff import bootstrap

        answer = bootstrap.ensure(ROOT, event)
    say(answer)


def say(answer: str) -> None:
    """Print in one write: a stdout that is closed must not become a message on stderr."""
    if answer:
        os.write(1, answer.encode() + b"\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else "")
    except BrokenPipeError:
        pass  # the client has stopped listening: the session is over
    except BaseException:
        try:
            from handoff import log, paths

            log.note_bug(paths.state_home(os.environ), "hook.py")
        except BaseException:  # noqa: S110 - nowhere left to tell
            pass
    os._exit(0)  # nothing that runs at exit may change the answer
