"""Which runs share a training, what was derived, what was imported; and whatever tables have come since 0.1.0."""

from alembic import op
from sqlalchemy import bindparam, select, update

from grokscope.ledger.migrations.missing import add_what_is_missing
from grokscope.ledger.specs import parsed
from grokscope.ledger.tables import runs
from grokscope.run import training_of

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    add_what_is_missing()
    connection = op.get_bind()
    rows = connection.execute(select(runs.c.id, runs.c.spec)).all()
    if rows:
        filled = update(runs).where(runs.c.id == bindparam("run")).values(training=bindparam("training_id"))
        connection.execute(filled, [{"run": id, "training_id": training_of(parsed(spec))} for id, spec in rows])
