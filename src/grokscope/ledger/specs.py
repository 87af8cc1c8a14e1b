"""Specs as text and back, many at once.

Most runs of a suite share everything but their seeds. So a spec is written with its seeds first, and the two parts
are parsed once each wherever they recur: twenty thousand runs become columns within a fraction of a second.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int

from grokscope.ledger.errors import LedgerError

SEEDS_FIRST = '{"seeds":{'


class DottedColumn(NamedTuple):
    """One field of many specs: its values where specs differ, and for each run which of them is its own."""

    values: list[Any]
    which: Int[np.ndarray, " runs"]


def spec_text(spec: Mapping[str, Any]) -> str:
    """A spec as JSON, seeds first."""
    return json.dumps({"seeds": spec["seeds"]} | dict(spec), separators=(",", ":"), allow_nan=False)


def parse_spec(text: str) -> dict[str, Any]:
    """A spec from JSON.

    Raises:
        LedgerError: it is not what was written.
    """
    try:
        spec = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LedgerError(f"spec: found {text[:60]!r}, expected JSON: {error}") from None
    if not isinstance(spec, dict):
        raise LedgerError(f"spec: found {text[:60]!r}, expected a JSON object")
    return spec


def signals_in(text: str) -> tuple[Mapping[str, Any], ...]:
    """The specs of the signals that a run asks for, from the JSON of its own spec; most ask for none."""
    return tuple(parse_spec(text)["signals"]) if '"signals":[{' in text else ()


def dotted_columns(texts: Sequence[str]) -> dict[str, DottedColumn]:
    """Every field of the specs under its dotted name (`task.p`); None where a spec has no such field."""
    parts = [_parts(text) for text in texts]
    return _fields([rest for _, rest in parts]) | _fields([seeds for seeds, _ in parts])


def _parts(text: str) -> tuple[str, str]:
    """The seeds and everything else, each as a JSON object."""
    seeds, end, rest = text.partition("},")
    return (seeds + "}}", "{" + rest) if end and text.startswith(SEEDS_FIRST) else ("{}", text)


def _fields(texts: Sequence[str]) -> dict[str, DottedColumn]:
    place = {text: n for n, text in enumerate(dict.fromkeys(texts))}
    which = np.fromiter((place[text] for text in texts), np.intp, len(texts))
    return {name: DottedColumn(values, which) for name, values in flatten([parse_spec(text) for text in place])}


def flatten(dicts: Sequence[Mapping[str, Any]], prefix: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Columns of nested dicts under dotted names; None where a dict has no such field."""
    for name in dict.fromkeys(chain.from_iterable(dicts)):
        column = [each.get(name) for each in dicts]
        if any(isinstance(value, dict) for value in column):
            nested = [value if isinstance(value, dict) else {} for value in column]
            yield from flatten(nested, f"{prefix}{name}.")
            column = [None if isinstance(value, dict) else value for value in column]
            if all(value is None for value in column):
                continue
        yield prefix + name, column


def brief(specs: Sequence[Any]) -> str | None:
    """Several specs of a field as one text, `weight_norm every 1 of tensors, ...`; None where there is none."""
    return ", ".join(map(_brief, specs)) or None


def _brief(spec: Any) -> str:
    fields = spec if isinstance(spec, dict) else {"kind": spec}
    rest = (f"{name} {value}" for name, value in fields.items() if name not in ("kind", "origin"))
    return " ".join([str(fields.get("kind")), *rest])
