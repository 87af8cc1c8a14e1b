"""From a path or a URL to a database that is known to be a ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, insert, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from grokscope.ledger.errors import BUSY_SECONDS, LedgerError, NoLedgerError, first_line, in_one_line
from grokscope.ledger.network import network_filesystem, sqlite_file
from grokscope.ledger.rows import now
from grokscope.ledger.tables import SCHEMA_VERSION, ledger, metadata, revision, revision_name

PRAGMAS = ("foreign_keys = ON", "synchronous = FULL", f"busy_timeout = {BUSY_SECONDS * 1000}")
CREATION_LOCK = 0x6772_6F6B
"""Key of the PostgreSQL advisory lock under which tables are made."""


def url_of(store: str | Path) -> URL:
    """A URL as it is; anything else is the path of an SQLite file."""
    if isinstance(store, Path) or "://" not in store:
        return URL.create("sqlite", database=str(Path(store).expanduser()))
    try:
        url = make_url(store)
    except (ArgumentError, ValueError) as error:
        raise LedgerError(f"store: {first_line(error)}; expected a path, or a URL as SQLAlchemy reads it") from None
    # The driver that is installed with Grokscope, whatever SQLAlchemy would choose.
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgres", "postgresql") else url


def display_url(url: URL) -> str:
    """The URL with its password hidden."""
    return url.render_as_string(hide_password=True)


def open_database(store: str | Path, *, create: bool) -> Engine:
    """An engine on an existing ledger, or on one made here and now. An older ledger is brought up to date.

    Raises:
        LedgerError: there is none and none may be made, what is there is no ledger that this version can read, or it
            is older and may not be written.
    """
    url = url_of(store)
    _prepare_file(url, create)
    try:
        engine = create_engine(url, pool_pre_ping=True)
    except NoSuchModuleError:
        name = url.drivername
        raise LedgerError(
            f"{display_url(url)}: found an unknown database {name!r}, "
            "expected sqlite, postgresql or one SQLAlchemy knows"
        ) from None
    except (ImportError, ArgumentError) as error:
        raise LedgerError(f"{display_url(url)}: {first_line(error)}; expected an installed driver") from error
    if engine.dialect.name == "sqlite":
        _configure_sqlite(engine)
    try:
        _check(engine, create)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def reading_from(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the ledger, whoever writes meanwhile."""
    with in_one_line(display_url(engine.url)), engine.begin() as connection:
        yield connection


@contextmanager
def writing_to(engine: Engine) -> Iterator[Connection]:
    """A transaction that is kept whole, or not at all if anything in it fails."""
    with in_one_line(display_url(engine.url)), engine.connect() as connection:
        connection = connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
        with connection.begin():
            yield connection


def _prepare_file(url: URL, create: bool) -> None:
    """Make the folder of a new SQLite file, or say that the file is not there."""
    path = sqlite_file(url)
    if path is None:
        return
    if path.is_dir():
        raise LedgerError(f"{path}: found a folder, expected the file of a ledger")
    if not create and not path.exists():
        raise NoLedgerError(f"{path}: found no file, expected a ledger (`grokscope run` makes one)")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(f"{path}: its folder cannot be made: {error.strerror}") from None


def _configure_sqlite(engine: Engine) -> None:
    """SQLite: real transactions, and a writer that takes its lock at the beginning instead of failing half-way."""

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # The driver begins nothing by itself: `begin` below does.
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if statement := connection.get_execution_options().get("sqlite_begin", "BEGIN"):
            connection.exec_driver_sql(statement)


def _check(engine: Engine, create: bool) -> None:
    place = display_url(engine.url)
    with reading_from(engine) as connection:
        version = _version(connection, place)
    if version is None and not create:
        raise NoLedgerError(f"{place}: found no tables, expected a ledger (`grokscope run` makes one)")
    if version is None:
        _make_tables(engine)
    elif version > SCHEMA_VERSION:
        raise LedgerError(
            f"{place}: found a ledger of schema {version}, which a newer Grokscope wrote; "
            f"expected at most {SCHEMA_VERSION}"
        )
    elif version < SCHEMA_VERSION:
        _migrate(engine, version)


def _version(connection: Connection, place: str) -> int | None:
    """The ledger's schema version; None for an empty database."""
    present = set(inspect(connection).get_table_names())
    if ledger.name not in present:
        if strange := present & metadata.tables.keys():
            raise LedgerError(f"{place}: found a table {min(strange)!r} of another program, expected a ledger")
        return None
    version = connection.scalar(select(ledger.c.schema_version))
    if not isinstance(version, int) or version < 1:
        raise LedgerError(f"{place}: found no schema version, expected a ledger")
    return version


def _make_tables(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        # Kept in the file, and only possible outside a transaction. With WAL readers do not wait for the writer, but
        # it needs memory that all of them share, which no network filesystem gives to two machines.
        path = sqlite_file(engine.url)
        journal = "DELETE" if path is not None and network_filesystem(path) else "WAL"
        with in_one_line(display_url(engine.url)), engine.connect() as connection:
            connection.execution_options(sqlite_begin=None).exec_driver_sql(f"PRAGMA journal_mode = {journal}")
    with writing_to(engine) as connection:
        _lock(connection)
        if _version(connection, display_url(engine.url)) is None:
            metadata.create_all(connection)
            connection.execute(insert(ledger).values(schema_version=SCHEMA_VERSION, created=now()))
            revision.create(connection)
            connection.execute(insert(revision).values(version_num=revision_name(SCHEMA_VERSION)))


def _migrate(engine: Engine, found: int) -> None:
    """All revisions in one transaction: an older ledger becomes one of this schema, or stays what it was."""
    from grokscope.ledger.migrations import upgrade  # Alembic takes a while to load, and most ledgers are new enough.

    try:
        with writing_to(engine) as connection:
            _lock(connection)
            version = _version(connection, display_url(engine.url))
            if version is not None and version < SCHEMA_VERSION:
                upgrade(connection, version)
    except LedgerError as error:
        raise LedgerError(f"a ledger of schema {found}, to be brought to schema {SCHEMA_VERSION}: {error}") from error


def _lock(connection: Connection) -> None:
    """One process at a time makes or changes tables; SQLite's writers are alone anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(CREATION_LOCK)))


STATEMENT_BATCH = 2000
"""Rows or identities a statement; every database allows at least so many parameters."""

T = TypeVar("T")


def batches(items: Iterable[T], size: int = STATEMENT_BATCH) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
