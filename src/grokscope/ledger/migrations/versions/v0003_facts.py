"""What a run's data are: role, probe, sizes, bits and group, which were only in its spec until now."""

import json
from typing import Any

from alembic import op
from sqlalchemy import bindparam, select, update

from grokscope.ledger.migrations.missing import add_what_is_missing
from grokscope.ledger.rows import Row, facts_of
from grokscope.ledger.specs import parse_spec
from grokscope.ledger.tables import FACTS, runs
from grokscope.spec import InputError
from grokscope.suite.specs import part_from_spec

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    add_what_is_missing()
    connection = op.get_bind()
    known: dict[str, Row] = {}
    rows = []
    for identity, spec in connection.execute(select(runs.c.id, runs.c.spec).where(runs.c.role.is_(None))):
        if facts := _facts(spec, known):
            rows.append({"run": identity} | {f"its_{name}": facts[name] for name in FACTS})
    new: dict[str, Any] = {name: bindparam(f"its_{name}") for name in FACTS}
    if rows:
        connection.execute(update(runs).where(runs.c.id == bindparam("run")).values(new), rows)


def _facts(spec: str, known: dict[str, Row]) -> Row:
    """The facts of a spec's task; none where it cannot be read here, as that of a plug-in that is not installed."""
    try:
        fields = parse_spec(spec).get("task")
        text = json.dumps(fields)
        if text not in known:
            known[text] = facts_of(part_from_spec("task", fields))
    except InputError:
        return {}
    return known[text]
