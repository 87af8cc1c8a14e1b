"""A house for every test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from grokscope.ledger import open_ledger

from .house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_ledger(tmp_path / "ledger.db") as ledger:
        yield House(ledger, tmp_path / "checkpoints")
