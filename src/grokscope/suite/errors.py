"""What is wrong with a suite, a line for each fault, all of them at once."""

from __future__ import annotations

from collections.abc import Iterable

from grokscope.spec import InputError
from grokscope.suite.value import Value, key_of

MOST_SHOWN = 50


class SuiteError(InputError):
    """A suite, or a run's spec, that cannot be read.

    The message has one line for each fault: file, line, key, what was found and what was expected. `faults`
    holds every line, the message the first 50.
    """

    def __init__(self, faults: Iterable[str]):
        self.faults = tuple(faults)
        hidden = len(self.faults) - MOST_SHOWN
        more = [f"... and {hidden} more"] if hidden > 0 else []
        super().__init__("\n".join([*self.faults[:MOST_SHOWN], *more]))


class Findings:
    """Collects what is wrong with a file, and what is merely odd, so that all of it is said at once."""

    def __init__(self, source: str):
        self.source = source
        self._faults: dict[tuple[int, str], None] = {}
        self._warnings: dict[tuple[int, str], None] = {}

    def refuse(self, at: Value, expected: str, found: str | None = None) -> None:
        """A fault at a value: what is there (or `found`, in words), and what should be."""
        self._faults[
            at.line, self._place(at) + f"found {at.found if found is None else found}, expected {expected}"
        ] = None

    def warn(self, at: Value, text: str) -> None:
        """Something that is allowed and may not be what was meant."""
        self._warnings[at.line, key_of(at) + text] = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Every warning, in the order of the file."""
        return tuple(f"{self.source}:{line}: {text}" for line, text in sorted(self._warnings))

    @property
    def remarks(self) -> tuple[str, ...]:
        """The same without the name of the file."""
        return tuple(f"line {line}: {text}" for line, text in sorted(self._warnings))

    def raise_faults(self) -> None:
        """Raises SuiteError if there is any fault, all of them in the order of the file."""
        if self._faults:
            raise SuiteError(text for _, text in sorted(self._faults))

    def _place(self, at: Value) -> str:
        return f"{self.source}:{at.line}: {key_of(at)}"
