"""The front matter of a brief: YAML that makes texts, lists and mappings, and nothing else.

It is anybody's: read in one pass, within limits of size, depth and number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from handoff.base.errors import HandoffError

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_FRONT_BYTES = 32 * 1024
_MAX_DEPTH = 6
_MAX_NODES = 1000  # keys and values: a parser takes a second for as many as fit the bytes
_LINE_END = re.compile(r"[\n\r\x85\u2028\u2029]")
_ALIASES, _DEEP, _TWICE = "has aliases (*name)", "is nested too deeply", "has a key twice"
_MANY = f"has over {_MAX_NODES} keys and values"
_REFUSED = (_ALIASES, _DEEP, _TWICE, _MANY)


def read(head: str, name: str) -> dict[str, Any]:
    """The keys and values of what stands between the `---` lines; every scalar is a text.

    `name` (the file) is for the words of the HandoffError that refuses it.
    """
    if len(head.encode()) > _MAX_FRONT_BYTES:
        raise HandoffError(f"{name}: its front matter is over {_MAX_FRONT_BYTES} bytes.")
    try:
        front = yaml.load(head, Loader=_Loader)  # noqa: S506 - makes only strings
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 2})" if mark else ""
        what = getattr(error, "problem", "")
        problem = f"its front matter {what if what in _REFUSED else 'is not YAML'}{where}"
        raise HandoffError(f"{name}: {problem}.") from None
    if not isinstance(front, dict):
        raise HandoffError(f"{name}: its front matter is not a mapping.")
    return {str(key): value for key, value in front.items()}


def write(front: Mapping[str, Any]) -> str:
    """Keys and values as YAML, one key a line, that `read` reads as they were."""
    text: str = yaml.dump(
        dict(front), Dumper=_Dumper, default_flow_style=None, allow_unicode=True, width=4096,
        sort_keys=False,
    )  # fmt: skip
    return text


class _Loader(yaml.BaseLoader):
    """Makes strings, lists and mappings alone, in one pass. Refused are aliases, deep nesting, too
    many nodes, and a key that is there twice: two readers could each believe another one of them.
    """

    _depth = _nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """The next node. Raises ConstructorError, a YAMLError, for what is refused."""
        if self.check_event(yaml.AliasEvent):
            raise _refused(_ALIASES, self._mark())
        deeper = self.check_event(yaml.CollectionStartEvent)
        self._depth += deeper
        self._nodes += 1
        if self._depth > _MAX_DEPTH:
            raise _refused(_DEEP, self._mark())
        if self._nodes > _MAX_NODES:
            raise _refused(_MANY, self._mark())
        node = super().compose_node(parent, index)
        self._depth -= deeper
        return node

    def _mark(self) -> Any:
        return self.peek_event().start_mark  # type: ignore[no-untyped-call]

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping of a node. Raises ConstructorError for a key that is there twice."""
        mapping = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value):
            raise _refused(_TWICE, node.start_mark)
        return mapping


def _refused(what: str, mark: Any) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, what, mark)


class _Dumper(yaml.SafeDumper):
    """One key a line; lists and mappings inside the front matter on one line, without aliases."""

    def represent(self, data: Any) -> None:
        """The outermost mapping in block style, also when it holds nothing but scalars."""
        node: Any = self.represent_data(data)
        node.flow_style = False
        self.serialize(node)

    def ignore_aliases(self, data: Any) -> bool:
        """No anchors: readers refuse them."""
        del data
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Line ends of every kind escaped: in another style YAML would read some of them as blanks."""
    style = '"' if _LINE_END.search(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
