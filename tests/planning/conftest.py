"""The stores of the ledger's tests: SQLite, and PostgreSQL where there is one."""

from ledger.conftest import store  # noqa: F401
