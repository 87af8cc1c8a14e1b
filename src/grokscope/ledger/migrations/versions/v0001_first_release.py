"""The tables of 0.1.0: where every ledger begins that says nothing of Alembic."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Nothing: they are there."""
