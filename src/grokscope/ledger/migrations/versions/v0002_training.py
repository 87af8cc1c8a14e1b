"""Which runs share a training, what was derived or imported; whole specs; and whatever tables came since 0.1.0."""

from typing import Any

from alembic import op
from sqlalchemy import bindparam, select, update

from grokscope.ledger.migrations.missing import add_what_is_missing
from grokscope.ledger.specs import parse_spec, spec_text
from grokscope.ledger.tables import runs
from grokscope.suite import run_from_spec

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    add_what_is_missing()
    connection = op.get_bind()
    known = {id: run_from_spec(parse_spec(spec)) for id, spec in connection.execute(select(runs.c.id, runs.c.spec))}
    new: dict[str, Any] = {"training": bindparam("its_training"), "spec": bindparam("its_spec")}
    rows = [{"run": id, "its_training": run.training, "its_spec": spec_text(run.spec)} for id, run in known.items()]
    if rows:
        connection.execute(update(runs).where(runs.c.id == bindparam("run")).values(new), rows)
