"""Whether an app is ready: a URL on loopback that answers, or a command that ends well."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import os
import signal
import socket
import ssl
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRY_SECONDS = 2.0
_SERVER_ERROR = 500
_PORTS = {"http": 80, "https": 443}


def parse_url(ready: str) -> SplitResult | None:
    """The URL that a `ready` is; None for a command. Raises ValueError for one that is malformed,
    or whose host is not this machine's loopback.
    """
    if not ready.lower().startswith(("http://", "https://")):
        return None
    url = urlsplit(ready)
    host = url.hostname or ""
    if host != "localhost":
        try:
            is_here = ipaddress.ip_address(host).is_loopback
        except ValueError:
            is_here = False
        if not is_here:
            raise ValueError(f"{host or ready} is not on this machine (127.0.0.1, localhost, ::1)")
    port_of(url)
    return url


def port_of(url: SplitResult) -> int:
    """The port of a URL. Raises ValueError for what is no port."""
    return url.port or _PORTS[url.scheme]


def is_taken(url: SplitResult) -> bool:
    """Whether something listens there, whatever it says."""
    with contextlib.suppress(OSError):
        socket.create_connection((url.hostname or "", port_of(url)), _TRY_SECONDS).close()
        return True
    return False


def answers(url: SplitResult) -> bool:
    """Whether it answers without an error of its own: a status below 500. No proxy is used, no
    redirect is followed, and a certificate is not checked, as the host is this machine.
    """
    host, port = url.hostname or "", port_of(url)
    connection = http.client.HTTPConnection(host, port, timeout=_TRY_SECONDS)
    if url.scheme == "https":
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, port, timeout=_TRY_SECONDS, context=context)
    path = f"{url.path or '/'}{f'?{url.query}' if url.query else ''}"
    try:
        connection.request("GET", path)
        return connection.getresponse().status < _SERVER_ERROR
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def passes(command: str, root: str, env: Mapping[str, str], seconds: float) -> bool:
    """Whether a command ends well within `seconds`; it is ended then, with its group."""
    process = subprocess.Popen(
        ["/bin/sh", "-c", command],
        cwd=root,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(seconds) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
