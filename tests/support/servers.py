"""A program that listens on a port, in every way in which a session leaves one behind.

`servers.py PORT STATUS HOW` serves until it is ended: it answers with a status, and redirects.
"""

from __future__ import annotations

import os
import shlex
import signal
import socket
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


def serve(port: int, status: int = 200, how: str = "plain") -> str:
    """The command of a server; `how` may be "fork" (a daemon) and "stubborn" (SIGTERM is ignored),
    in one word.
    """
    return shlex.join([sys.executable, "-I", __file__, str(port), str(status), how])


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_open(port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main() -> None:
    """Be the server."""
    port, status, how = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    if "stubborn" in how:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "fork" in how:
        if os.fork():
            os._exit(0)
        os.setsid()
        if os.fork():
            os._exit(0)

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Location", "http://192.0.2.1/")
            self.end_headers()

    HTTPServer(("127.0.0.1", port), Answer).serve_forever()


if __name__ == "__main__":
    main()
