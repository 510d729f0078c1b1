"""What a supervised session is first: it writes down who it is, then becomes the session.

`python -I -S keeper.py LOCK FILE COMMAND…`, started by `supervisor` only. LOCK is the descriptor
of the run's lock, held since before this process was made; it closes with the exec.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    """Write FILE, then become the command."""
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    from handoff.base import file_io
    from handoff.process import identity

    lock, path, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    os.set_inheritable(lock, False)
    known = {"pid": os.getpid(), "mark": identity.read_mark(os.getpid())}
    file_io.write_atomic(path, json.dumps(known).encode())
    try:
        os.execvpe(command[0], command, dict(os.environ))  # noqa: S606 - a list, no shell
    except OSError as error:
        sys.exit(f"{command[0]} cannot be started: {error.strerror}")


if __name__ == "__main__":
    main()
