"""What pyproject.toml, setup.cfg and package.json say of running tests: that alone is frozen there.

Work changes these files legitimately, and creates them. But one line in them, `addopts = "--co"`,
makes every test pass. So the parts that configure a runner are as they were accepted; a file that
did not exist then has none. Keys that cannot make a failing test pass (`_HARMLESS`) are left alone.
"""

from __future__ import annotations

import configparser
import json
import re
import sys
from typing import Any

from handoff.specs import manifest

PYPROJECT, SETUP_CFG = "pyproject.toml", "setup.cfg"
NAMES = (PYPROJECT, SETUP_CFG, manifest.NAME)
_HARMLESS = frozenset((
    "pythonpath", "testpaths", "markers", "minversion", "required_plugins", "asyncio_mode",
    "asyncio_default_fixture_loop_scope",
))  # fmt: skip
_HEADERS = {
    PYPROJECT: re.compile(
        r"""\s*\[+\s*["']?tool["']?\s*\.\s*["']?(?:pytest|unittest)["']?\s*(?:\.|\])"""
    ),
    SETUP_CFG: re.compile(r"\[(?:tool:pytest|pytest|unittest)\]"),
}
_TABLE = re.compile(r"\s*\[")


def put_back(name: str, now: bytes, accepted: bytes | None) -> bytes | None:
    """The file `name` with what configures a runner as `accepted` has it (None: no such file),
    otherwise as it is `now`; `now` itself where these are the same. None: it has to go.
    """
    wanted = _read(name, accepted or b"")
    current = _read(name, now)
    if current is not None and current == wanted:
        return now
    if name == manifest.NAME:
        return _put_back_manifest(now, accepted)
    rest, _ = _split(name, now)
    _, own = _split(name, accepted or b"")
    made = b"\n\n".join(part.strip(b"\n") for part in (rest, own) if part.strip()) + b"\n"
    return made if _read(name, made) == wanted else accepted


def _put_back_manifest(now: bytes, accepted: bytes | None) -> bytes | None:
    """package.json: the runners' configuration, and the scripts that existed."""
    try:
        values = json.loads(now)
        before = json.loads(accepted or b"{}")
    except (ValueError, RecursionError):
        return accepted
    if not isinstance(values, dict) or not isinstance(before, dict):
        return accepted
    kept = _mapping(before.get("scripts"))
    target = {**before}
    if kept or "scripts" in values:
        target["scripts"] = {**_mapping(values.get("scripts")), **kept}
    return manifest.put_back(now, json.dumps(target).encode())


def _split(name: str, raw: bytes) -> tuple[bytes, bytes]:
    """The text without the tables that configure a runner, and these."""
    parts: tuple[list[str], list[str]] = ([], [])
    is_own = False
    for line in raw.decode("utf-8", "surrogateescape").splitlines(keepends=True):
        if _TABLE.match(line):
            is_own = _HEADERS[name].match(line) is not None
        parts[is_own].append(line)
    rest, own = ("".join(part).encode("utf-8", "surrogateescape") for part in parts)
    return rest, own


def _read(name: str, raw: bytes) -> Any:
    """What the file says of running tests, None where it cannot be read."""
    try:
        text = raw.decode()
        if name == PYPROJECT:
            return _of_pyproject(text)
        if name == SETUP_CFG:
            return _of_setup_cfg(text)
        values = json.loads(text or "{}")
        return {key: values[key] for key in (*manifest.FROZEN, "scripts") if key in values}
    except (ValueError, TypeError, RecursionError, AttributeError, configparser.Error):
        return None


def _of_pyproject(text: str) -> Any:
    if sys.version_info >= (3, 11):
        import tomllib

        tool = tomllib.loads(text).get("tool", {})
        return _without_harmless({key: tool[key] for key in ("pytest", "unittest") if key in tool})
    return _by_lines(text)


def _by_lines(text: str) -> Any:
    """The same without a parser of TOML: what the lines say."""
    rest, own = _split(PYPROJECT, text.encode())
    is_elsewhere = re.search(rb"(?m)^\s*[\"']?(?:tool|pytest)\b.*pytest.*=|^\s*pytest\s*=", rest)
    lines = [line.strip() for line in own.decode().splitlines() if line.strip()]
    settings = [line for line in lines if line.partition("=")[0].strip() not in _HARMLESS]
    is_plain = not is_elsewhere and all(_TABLE.match(line) for line in settings)
    return {} if is_plain else {"lines": settings, "elsewhere": bool(is_elsewhere)}


def _of_setup_cfg(text: str) -> Any:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    names = ("tool:pytest", "pytest", "unittest")
    return _without_harmless({name: dict(parser[name]) for name in names if name in parser})


def _without_harmless(values: Any) -> Any:
    """Nested tables without the keys that may change, and without tables that are empty then."""
    if not isinstance(values, dict):
        return values
    kept = {key: _without_harmless(value) for key, value in values.items() if key not in _HARMLESS}
    return {key: value for key, value in kept.items() if value != {}}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
