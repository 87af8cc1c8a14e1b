"""A ledger of every kind of database: SQLite always, PostgreSQL where GROKSCOPE_TEST_POSTGRES holds a URL."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from grokscope.ledger import Ledger, open_ledger
from grokscope.ledger.database import url_of

POSTGRES = "GROKSCOPE_TEST_POSTGRES"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a new ledger may be made."""
    if request.param == "sqlite":
        yield str(tmp_path / "ledger.db")
        return
    if not (server := os.environ.get(POSTGRES)):
        pytest.skip(f"{POSTGRES} holds no URL of a PostgreSQL database")
    schema = f"test_{uuid.uuid4().hex}"
    engine = create_engine(url_of(server))
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    url = engine.url.update_query_dict({"options": f"-csearch_path={schema}"})
    yield url.render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture
def ledger(store: str) -> Iterator[Ledger]:
    with open_ledger(store) as opened:
        yield opened
