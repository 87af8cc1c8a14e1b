"""A number and how sure it is, and a statement and its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Accuracy = Literal["running", "eval"]
"""Train accuracy while the weights move (`running`, as published) or with them held (`eval`). Source: method 4.2."""

Verdict = Literal["supported", "not supported", "cannot tell"]


class Estimate(NamedTuple):
    """A number with its 95 % interval. `value`, `low` or `high` is NaN where the data do not bound it.

    Attributes:
        n: runs it rests on.
        how: one short phrase: estimator and interval.
    """

    value: float
    low: float
    high: float
    n: int
    how: str


@dataclass(frozen=True)
class Claim:
    """A statement that a suite tests.

    Attributes:
        numbers: what the verdict rests on, by name.
        how: the test, and what would have made the verdict another.
    """

    name: str
    statement: str
    verdict: Verdict
    numbers: dict[str, float]
    how: str
