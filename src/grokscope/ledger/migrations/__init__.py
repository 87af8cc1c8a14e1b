"""From a ledger of an older Grokscope to one of this.

A change of the tables is a revision: one small file in `versions`, and `SCHEMA_VERSION` raised. A revision's number is
the schema that it leads to. What a change only adds, `add_what_is_missing` makes from the tables as they are now.
"""

from __future__ import annotations

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, insert, inspect

from grokscope.ledger.errors import LedgerError, first_line
from grokscope.ledger.tables import revision, revision_name

HERE = Path(__file__).parent
ONE_AT_A_TIME = threading.Lock()
"""Alembic keeps the migration in progress in a global of its own."""


def upgrade(connection: Connection, version: int) -> None:
    """Bring a ledger of schema `version` to the newest, in the transaction that the caller holds."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    if not inspect(connection).has_table(revision.name):
        revision.create(connection)
        connection.execute(insert(revision).values(version_num=revision_name(version)))
    with ONE_AT_A_TIME:
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise LedgerError(f"{first_line(error)}; expected revisions of this Grokscope") from error
