"""The schema of an embedded journal: created once, whoever comes first, and refused when it is newer than the code."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from uuid import UUID

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from daybook.errors import StoreNewerError
from daybook.journal.store import FORMAT_LEVEL, SCHEMA_VERSION, Opened
from daybook.journal.tables import APPEND_ONLY, metadata


def ensure_schema(connection: sqlite3.Connection) -> Opened:
    """Create what is absent, under the writers' lock.

    Raises `StoreNewerError` where a newer daybook has written.
    """
    # Before reading: two processes that both find nothing must not both create.
    connection.execute("BEGIN IMMEDIATE")
    try:
        is_new = not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone()
        if is_new:
            for statement in _statements():
                connection.execute(statement)
        told = dict(connection.execute("SELECT name, value FROM meta"))
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise
    for name, known in (("schema_version", SCHEMA_VERSION), ("format_level", FORMAT_LEVEL)):
        if int(told[name]) > known:
            raise StoreNewerError(
                f"the store has {name} {told[name]}, this daybook knows {known}; "
                "start the daybook that wrote it, or restore a backup"
            )
    version = int(told["schema_version"])
    return Opened(UUID(told["journal_id"]), 0 if is_new else version, version)


def _statements() -> Iterator[str]:
    dialect = sqlite.dialect()
    for table in metadata.sorted_tables:
        yield str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            yield str(CreateIndex(index).compile(dialect=dialect))
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {table.name}_no_{verb.lower()} BEFORE {verb} ON {table.name} "
                f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only'); END"
            )
    # A body may be put into another encoding or be erased; under the encoding it has it stays as it came.
    yield (
        "CREATE TRIGGER bodies_no_update BEFORE UPDATE ON bodies "
        "WHEN NEW.delivery_id IS NOT OLD.delivery_id OR (NEW.encoding IS OLD.encoding AND NEW.key_id IS OLD.key_id) "
        "BEGIN SELECT RAISE(ABORT, 'a body keeps its bytes'); END"
    )
    facts = {"journal_id": uuid.uuid4(), "schema_version": SCHEMA_VERSION, "format_level": FORMAT_LEVEL, "probe": 0}
    for name, value in facts.items():
        yield f"INSERT INTO meta (name, value) VALUES ('{name}', '{value}')"  # noqa: S608  constants of ours
