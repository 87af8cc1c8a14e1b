"""What a study is to the rest of the house: a kind with three abilities, which a suite calls by name."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from rich.console import RenderableType

from grokscope.ledger import Ledger
from grokscope.registry import failures, kind, names
from grokscope.spec import InputError, Spec
from grokscope.suite import Suite


class Study(Spec):
    """Which question a suite is about. The first line of a kind's docstring says it to people."""

    family: ClassVar[str] = "studies"

    @abstractmethod
    def conclude(self, suite: Suite, ledger: Ledger) -> Any:
        """Everything that the report shows, from the ledger alone; of a half-done suite, what there is."""

    @abstractmethod
    def write(self, contents: Any, folder: Path) -> Path:
        """Write the report's folder and return the path of its page. Equal contents give equal bytes."""

    @abstractmethod
    def summary(self, contents: Any) -> RenderableType:
        """The same for a terminal."""


def study_of(suite: Suite) -> Study:
    """The study that a suite names.

    Raises:
        InputError: it is a plug-in's, which is not installed here or does not load.
    """
    found = kind("studies", suite.study)
    if found is None:
        known = ", ".join(names("studies"))
        raise InputError("\n".join([f"study: found {suite.study!r}, expected one of {known}", *failures()]))
    study: Study = found()
    return study
