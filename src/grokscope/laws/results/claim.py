"""A statement and its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Claim:
    """A statement that a suite tests.

    Attributes:
        numbers: what the verdict rests on, by name.
        how: the test, and what would have made the verdict another.
    """

    name: str
    statement: str
    verdict: Literal["supported", "not supported", "cannot tell"]
    numbers: dict[str, float]
    how: str
