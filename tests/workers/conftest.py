"""A harness for every test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from grokscope.ledger import open_ledger

from .harness import DriverHarness


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[DriverHarness]:
    with open_ledger(tmp_path / "ledger.db") as ledger:
        yield DriverHarness(ledger, tmp_path / "checkpoints")
