"""The variants of a shape's program."""

from __future__ import annotations

from typing import NamedTuple

from grokscope.run import Run


class Variant(NamedTuple):
    """A program of a shape, by what it leaves out where that changes nothing for its lanes.

    Attributes:
        drops: whether any of them has dropout. A net without takes more shortcuts.
        halves: whether a last batch that is at most half full is computed at half the size. Right for
            every lane, but two programs in one; where lanes are vectorised a choice of one is both.
    """

    drops: bool = True
    halves: bool = False


EVERY = Variant()
"""The program that is right for every lane, and compiles the least."""


def drops(run: Run) -> bool:
    """Whether a run's net may have a use for the key of its dropout: all but one whose rate is 0."""
    return run.net.draws
