"""Typed fields of an object that keeps its values in a dictionary, `values`.

`name = Field(text)` is the value of the key `name`, as `text` reads it: what is missing or of
another type reads as that type's default. Hot path.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Generic, Protocol, TypeVar

    T = TypeVar("T")

    class HasValues(Protocol):
        """What fields are part of."""

        values: dict[str, Any]

else:
    T = None

    class Generic:
        """Stands in for `typing.Generic`, which costs milliseconds to import."""

        def __class_getitem__(cls, _: object) -> type:
            return cls


class Field(Generic[T]):
    """One value of the object, by the field's name; `del` forgets it."""

    __slots__ = ("key", "read")

    def __init__(self, read: Callable[[object], T]) -> None:
        self.read = read

    def __set_name__(self, _: type, name: str) -> None:
        self.key = name

    def __get__(self, owner: HasValues, _: type) -> T:
        return self.read(owner.values.get(self.key))

    def __set__(self, owner: HasValues, value: T) -> None:
        owner.values[self.key] = value

    def __delete__(self, owner: HasValues) -> None:
        owner.values.pop(self.key, None)
