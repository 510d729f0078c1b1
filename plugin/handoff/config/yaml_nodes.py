"""Values out of YAML nodes, and values into messages: for all readers of the configuration."""

from __future__ import annotations

import reprlib
from typing import Any

import yaml


class AmbiguousError(ValueError):
    """What is wrong with a value, as what follows its key: what it means and what to write. Any
    other ValueError says what the value must be.
    """


def word_problem(name: str, error: ValueError) -> str:
    """What is wrong with the value of the key `name`, in a sentence."""
    if not isinstance(error, AmbiguousError):
        return f"{name} must be {error}"
    return f"{name} {error}" if str(error).startswith("must ") else f"{name}: {error}"


def to_plain(node: yaml.Node) -> Any:
    """The value of a node; raises ValueError where YAML cannot make one (null would be a value)."""
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError, TypeError):
        raise ValueError(f"a plain value, not {show_value(node.value)}") from None
    finally:
        loader.dispose()


def show_value(value: Any) -> str:
    """A value as a message shows it, not too long."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    try:
        return reprlib.repr(value)
    except ValueError:  # an integer of thousands of digits
        return "a number of that size"
