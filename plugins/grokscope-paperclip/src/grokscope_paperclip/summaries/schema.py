"""The schema of a summary, said to a model as a JSON schema and checked again afterwards."""

from __future__ import annotations

import json
from typing import Any

from grokscope_paperclip.data.manifest import Summary

SCHEMA_VERSION = 1
MOST_ITEMS, SHORTEST, LONGEST = 5, 3, 80
FIELDS = ("objects_and_phenomena", "science_use_cases")

_ITEMS: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "maxItems": MOST_ITEMS,
    "items": {"type": "string", "minLength": SHORTEST, "maxLength": LONGEST},
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": dict.fromkeys(FIELDS, _ITEMS),
    "required": list(FIELDS),
    "additionalProperties": False,
}


class SummaryError(ValueError):
    """An answer is no summary: says what was found and what was expected, so that it can be said to the model."""


def parse_answer(answer: str) -> Summary:
    """The summary in an answer: JSON, alone or within other text.

    Raises:
        SummaryError: there is no JSON object, or it is not of the schema.
    """
    start, end = answer.find("{"), answer.rfind("}")
    if start < 0 or end < start:
        raise SummaryError(f"found {answer[:60]!r}, expected a JSON object")
    try:
        content = json.loads(answer[start : end + 1])
    except ValueError as error:
        raise SummaryError(f"found JSON that cannot be read ({error}), expected one object") from None
    if not isinstance(content, dict) or set(content) != set(FIELDS):
        raise SummaryError(f"found the keys {', '.join(map(str, content))}, expected {' and '.join(FIELDS)}")
    return Summary(*(_items(name, content[name]) for name in FIELDS))


def _items(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise SummaryError(f"{name}: found {value!r:.60}, expected a list of strings")
    items = tuple(dict.fromkeys(" ".join(item.split()).strip(" .,") for item in value if item.strip(" .,\n")))
    if not 1 <= len(items) <= MOST_ITEMS:
        raise SummaryError(f"{name}: found {len(items)} items, expected 1 to {MOST_ITEMS}")
    for item in items:
        if not SHORTEST <= len(item) <= LONGEST or ";" in item:
            raise SummaryError(f"{name}: found {item!r}, expected {SHORTEST} to {LONGEST} characters without ';'")
    return items
