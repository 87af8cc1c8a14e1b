"""A ledger of every kind of database: SQLite always, PostgreSQL where GROKSCOPE_TEST_POSTGRES holds a URL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from grokscope.ledger import Ledger, open_ledger
from postgres import postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a new ledger may be made."""
    if request.param == "sqlite":
        yield str(tmp_path / "ledger.db")
    else:
        with postgresql() as url:
            yield url


@pytest.fixture
def ledger(store: str) -> Iterator[Ledger]:
    with open_ledger(store) as opened:
        yield opened
