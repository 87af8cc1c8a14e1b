"""A value of a YAML file that remembers where it stands, and how a message shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Value:
    """A scalar, a list or a mapping, the line where it (for a mapping's value: its key) stands, and its key's path."""

    data: Any
    line: int
    path: str = ""

    @property
    def found(self) -> str:
        """What stands here, as an error message says it."""
        return in_words(self.data)

    @property
    def is_scalar(self) -> bool:
        return not isinstance(self.data, list | dict) and self.data is not None

    def elements(self) -> list[Value]:
        """The elements of a list; a lone value is a list of one."""
        return self.data if isinstance(self.data, list) else [self]

    def mapping(self) -> Mapping[str, Value]:
        """The entries of a mapping; nothing else has any."""
        return self.data if isinstance(self.data, dict) else {}

    def plain(self) -> Any:
        """The value without its places."""
        if isinstance(self.data, list):
            return [element.plain() for element in self.data]
        if isinstance(self.data, dict):
            return {key: value.plain() for key, value in self.data.items()}
        return self.data


LONGEST_FOUND = 60


def in_words(found: Any) -> str:
    """A value as an error message shows it: on one line, and short."""
    if found is None:
        return "nothing"
    if isinstance(found, list | tuple):
        return "a list" if found else "an empty list"
    if isinstance(found, dict):
        return "a mapping" if found else "an empty mapping"
    return short(repr(found))


def short(words: str) -> str:
    return words if len(words) <= LONGEST_FOUND else words[: LONGEST_FOUND - 3] + "..."


def key_of(at: Value) -> str:
    """The path of a value's key, where it has one, as a message begins with it."""
    return f"{at.path}: " if at.path else ""
