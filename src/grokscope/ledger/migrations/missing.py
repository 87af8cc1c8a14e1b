"""What a revision that only adds needs to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alembic import op
from alembic.autogenerate import produce_migrations
from alembic.operations.ops import AddColumnOp, CreateIndexOp, CreateTableOp, MigrateOperation, ModifyTableOps

from grokscope.ledger.tables import metadata

ADDING = (CreateTableOp, AddColumnOp, CreateIndexOp)


def add_what_is_missing() -> None:
    """Make every table, column and index that the tables of this Grokscope have and the ledger lacks.

    What is there stays as it is, so that it does not matter which of several revisions adds something. A new column is
    empty in old rows; a revision that fills it does so afterwards.
    """
    found = produce_migrations(op.get_context(), metadata).upgrade_ops
    for operation in _flat(found.ops if found else ()):
        if isinstance(operation, ADDING):
            op.invoke(operation)


def _flat(operations: Sequence[MigrateOperation]) -> Iterator[MigrateOperation]:
    for operation in operations:
        if isinstance(operation, ModifyTableOps):
            yield from _flat(operation.ops)
        else:
            yield operation
