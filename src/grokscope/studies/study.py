"""What a study is to the rest of the house: three functions and a name in a suite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from grokscope.ledger import Ledger
from grokscope.suite import Suite


@dataclass(frozen=True)
class Study:
    """Which question a suite is about.

    Attributes:
        conclude: everything that the report shows, from the ledger alone; of a half-done suite, what there is.
        write: the report's folder from that; returns the path of its page. Equal contents give equal bytes.
        summary: the same for a terminal.
    """

    conclude: Callable[[Suite, Ledger], Any]
    write: Callable[[Any, Path], Path]
    summary: Callable[[Any], RenderableType]


def study_of(suite: Suite) -> Study:
    """The study that a suite names: `STUDY` in the module of that name."""
    found: Study = import_module(f"grokscope.studies.{suite.study}").STUDY
    return found
