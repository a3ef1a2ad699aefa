"""The schema of a journal on PostgreSQL: numbered migrations, applied by whoever comes first and never undone."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from typing import Final
from uuid import UUID

import psycopg

from daybook.errors import StoreUnavailableError
from daybook.journal.postgresql.connection import SCHEMA, BoundedConnection, connect
from daybook.journal.schema import refuse_newer
from daybook.journal.store import Opened
from daybook.journal.vocabulary import FORMAT_LEVEL

SCHEMA_LOCK: Final = int.from_bytes(b"daybook\x02", "big")
MIGRATION_WAIT_S_MAX: Final = 60
"""How long a starting process waits for another one that migrates, and a migration for its tables."""
MIGRATION_S_MAX: Final = 3600.0
"""How long a statement of a migration may take."""
_LOCK_WAIT_MS: Final = 1_000


def migrations() -> Iterator[tuple[int, str]]:
    """All that this code knows, by number: `0001_journal.sql` is the first."""
    folder = resources.files(f"{__package__}.migrations")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    for file in files:
        yield int(file.name.partition("_")[0]), file.read_text()


def ensure_schema(parameters: str, level: int = FORMAT_LEVEL) -> Opened:
    """Bring the schema up to this code. The format level of a store that is there stays: older processes may run.

    Raises `StoreNewerError` where a newer daybook has written, `StoreUnavailableError` where another process migrates
    for too long.
    """
    known = list(migrations())
    connection = connect(parameters)
    try:
        told = _told(connection)
        if told:
            refuse_newer(told, known[-1][0], level)
        before = _version(told)
        if before < known[-1][0]:
            before = _migrate(connection, known, level)
            told = _told(connection)
    finally:
        connection.close()
    refuse_newer(told, known[-1][0], level)
    stored = int(told["format_level"])
    return Opened(UUID(told["journal_id"]), before, _version(told), stored if before else 0, stored)


def _migrate(connection: BoundedConnection, known: list[tuple[int, str]], level: int) -> int:
    _wait_for_lock(connection)
    # An index over all events takes its time.
    connection.answer_s_max = MIGRATION_S_MAX
    try:
        # Looked at again: another process may have done it while this one waited.
        before = _version(_told(connection))
        for number, statements in known:
            if number > before:
                _apply(connection, number, statements)
        if before == 0:
            # Nobody older has seen it.
            connection.execute(b"UPDATE meta SET value = %s::text WHERE name = 'format_level'", [str(level)])
    finally:
        # It belongs to the session, which may have been lost.
        if not connection.closed:
            _run(connection, f"SELECT pg_advisory_unlock({SCHEMA_LOCK})")
    return before


def _apply(connection: BoundedConnection, number: int, statements: str) -> None:
    for _ in range(MIGRATION_WAIT_S_MAX):
        try:
            with connection.transaction():
                _run(connection, f"SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = {_LOCK_WAIT_MS}")
                # A role that may not create schemas can be given one.
                if connection.execute(b"SELECT to_regnamespace(%s)::text", [SCHEMA]).fetchone() != (SCHEMA,):
                    _run(connection, f"CREATE SCHEMA {SCHEMA}")
                _run(connection, statements)
                connection.execute(b"UPDATE meta SET value = %s::text WHERE name = 'schema_version'", [str(number)])
        except psycopg.errors.LockNotAvailable:
            # Whoever waits for a table makes all others wait behind: better to step back and come again.
            continue
        return
    raise StoreUnavailableError("a migration found its tables in use; try again when less is written or read")


def _wait_for_lock(connection: BoundedConnection) -> None:
    for _ in range(MIGRATION_WAIT_S_MAX):
        try:
            # In slices: no wait on this connection may be longer than its bound.
            _run(connection, f"SET lock_timeout = {_LOCK_WAIT_MS}; SELECT pg_advisory_lock({SCHEMA_LOCK})")
        except psycopg.errors.LockNotAvailable:
            continue
        return
    raise StoreUnavailableError("another process is changing the schema; try again later")


def _version(told: dict[str, str]) -> int:
    return int(told.get("schema_version", 0))


def _told(connection: BoundedConnection) -> dict[str, str]:
    if connection.execute(b"SELECT to_regclass('meta')").fetchone() == (None,):
        return {}
    return dict(connection.execute(b"SELECT name, value FROM meta").fetchall())


def _run(connection: BoundedConnection, statements: str) -> None:
    # Several statements can be sent only as text, which this cursor asks for.
    psycopg.Cursor(connection).execute(statements.encode())
