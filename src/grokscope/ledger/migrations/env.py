"""What Alembic runs around every revision; `upgrade` hands it the connection."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import update

from grokscope.ledger.tables import ledger, metadata

connection = context.config.attributes["connection"]


def note(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:
    """Say in the ledger's own table how far it has come: that is what every Grokscope looks at first."""
    connection.execute(update(ledger).values(schema_version=int(step.up_revision_id)))


context.configure(
    connection=connection,
    target_metadata=metadata,
    transactional_ddl=True,  # in SQLite too: the connection has begun, and what fails is rolled back whole
    on_version_apply=note,
)
with context.begin_transaction():
    context.run_migrations()
