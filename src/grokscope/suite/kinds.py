"""What can stand in a suite: every kind of every family with its fields, told from the registry alone."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from grokscope.registry import BUILT_IN, FAMILIES, kinds
from grokscope.spec import Spec, fields_of, type_of

TYPES = {"float": "number", "int": "whole number", "str": "text", "bool": "true or false", "spec": "a kind"}


class FieldOfKind(NamedTuple):
    """A field of a kind: its name, what it may hold, its default as YAML says it, and whether it never recompiles."""

    name: str
    holds: str
    default: str
    traced: bool


class KindInfo(NamedTuple):
    """A kind as a suite names it, what it means in one line, who made it, and its fields."""

    family: str
    kind: str
    meaning: str
    origin: str
    fields: tuple[FieldOfKind, ...]


def describe_kinds(family: str | None = None) -> Iterator[KindInfo]:
    """Every kind there is, family by family, built-in ones first.

    Raises:
        ValueError: there is no such family.
    """
    if family is not None and family not in FAMILIES:
        raise ValueError(f"found the family {family!r}, expected one of {', '.join(FAMILIES)}")
    for name in [family] if family else FAMILIES:
        for kind, cls in kinds(name).items():
            fields = tuple(_describe_field(cls, field) for field in fields_of(cls))
            yield KindInfo(name, kind, meaning_of(cls), cls.origin or BUILT_IN, fields)


def meaning_of(cls: type[Any]) -> str:
    """The first sentence of a class's docstring, on one line."""
    text = " ".join((inspect.getdoc(cls) or "").split("\n\n")[0].split())
    return re.split(r"(?<=[^.]\.)\s", text)[0].rstrip(".:")


def markdown(families: Iterable[str] = FAMILIES, *, outside: bool = True) -> str:
    """A Markdown table of kinds for each family; `docs/suites.md` has that of the built-in ones.

    Args:
        families: which.
        outside: whether kinds that are not built in are listed, too.
    """
    return "\n\n".join(f"### {family}\n\n{_table(family, outside)}" for family in families)


def _table(family: str, outside: bool) -> str:
    lines = ["| kind | meaning | fields: what they hold, default |", "|---|---|---|"]
    for info in describe_kinds(family):
        if info.origin != BUILT_IN and not outside:
            continue
        fields = "; ".join(f"`{field.name}`: {field.holds}, {field.default}" for field in info.fields)
        cells = (f"`{info.kind}`", info.meaning, fields or "none")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def _describe_field(cls: type[Spec], field: dataclasses.Field[Any]) -> FieldOfKind:
    held, meta = type_of(cls, field.name), field.metadata
    holds = " or ".join(map(str, held.choices)) if held.choices else TYPES.get(held.name, held.name)
    low, high = meta.get("low"), meta.get("high")
    if low is not None and high is not None:
        holds += f" from {low:.10g} to {high:.10g}"
    elif low is not None:
        holds += f" of at least {low:.10g}"
    return FieldOfKind(field.name, holds, _default(field.default), not meta.get("static", True))


def _default(value: Any) -> str:
    if value is dataclasses.MISSING:
        return "required"
    if isinstance(value, Spec):
        return value.kind
    return "none" if value is None else str(value)
