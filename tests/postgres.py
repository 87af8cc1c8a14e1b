"""PostgreSQL for tests: a schema of its own in the database whose URL GROKSCOPE_TEST_POSTGRES holds."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text

from grokscope.ledger.database import url_of

POSTGRES = "GROKSCOPE_TEST_POSTGRES"


@contextmanager
def postgresql(**query: str) -> Iterator[str]:
    """The URL of a new ledger, which is gone afterwards. The test is skipped where there is no server."""
    if not (server := os.environ.get(POSTGRES)):
        pytest.skip(f"{POSTGRES} holds no URL of a PostgreSQL database")
    schema = f"test_{uuid.uuid4().hex}"
    engine = create_engine(url_of(server))
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    try:
        url = engine.url.update_query_dict({"options": f"-csearch_path={schema}", **query})
        yield url.render_as_string(hide_password=False)
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        engine.dispose()
