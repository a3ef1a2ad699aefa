"""The schema of an embedded journal: created once, brought up by numbered steps, refused when newer than the code."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from daybook.errors import StoreNewerError
from daybook.journal.store import SCHEMA_VERSION, Opened
from daybook.journal.tables import APPEND_ONLY, metadata
from daybook.journal.vocabulary import FORMAT_LEVEL

_PAYLOAD_SHAPES: Final = """
CREATE TABLE payload_shapes (
event_type TEXT NOT NULL, event_schema TEXT NOT NULL, shape TEXT NOT NULL, paths TEXT NOT NULL,
deliveries BIGINT NOT NULL, first_seen_ns BIGINT NOT NULL, last_seen_ns BIGINT NOT NULL,
PRIMARY KEY (event_type, event_schema, shape)) WITHOUT ROWID
"""
_PAYLOAD_TYPES: Final = """
CREATE TABLE payload_types (
event_type TEXT NOT NULL, event_schema TEXT NOT NULL, path TEXT NOT NULL, json_type TEXT NOT NULL,
first_seen_ns BIGINT NOT NULL, PRIMARY KEY (event_type, event_schema, path, json_type)) WITHOUT ROWID
"""

# As they were when they were released: a new store is made by tables.py, an older one is brought there by these.
_STEPS: Final[Mapping[int, tuple[str, ...]]] = {2: (_PAYLOAD_SHAPES, _PAYLOAD_TYPES)}


def ensure_schema(connection: sqlite3.Connection, level: int = FORMAT_LEVEL) -> Opened:
    """Create what is absent and bring the rest up to this code and its format level, under the writers' lock.

    Raises `StoreNewerError` where a newer daybook has written.
    """
    # Before reading: two processes that both find nothing must not both create.
    connection.execute("BEGIN IMMEDIATE")
    try:
        is_new = not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone()
        if is_new:
            for statement in _statements(level):
                connection.execute(statement)
        told = dict(connection.execute("SELECT name, value FROM meta"))
        refuse_newer(told, SCHEMA_VERSION, level)
        version, level_before = int(told["schema_version"]), int(told["format_level"])
        for number in range(version + 1, SCHEMA_VERSION + 1):
            for statement in _STEPS[number]:
                connection.execute(statement)
        now = (("schema_version", version, SCHEMA_VERSION), ("format_level", level_before, level))
        connection.executemany(
            "UPDATE meta SET value = ? WHERE name = ?", [(new, name) for name, old, new in now if new > old]
        )
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise
    journal_id = UUID(told["journal_id"])
    return Opened(journal_id, 0 if is_new else version, SCHEMA_VERSION, 0 if is_new else level_before, level)


def refuse_newer(told: Mapping[str, str], schema_version: int, format_level: int) -> None:
    """Raises `StoreNewerError` where what the store tells of itself is more than this code knows."""
    for name, known in (("schema_version", schema_version), ("format_level", format_level)):
        if int(told[name]) > known:
            raise StoreNewerError(
                f"the store has {name} {told[name]}, this daybook knows {known}; "
                "start the daybook that wrote it, or restore a backup"
            )


def _statements(level: int) -> Iterator[str]:
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
    facts = {"journal_id": uuid.uuid4(), "schema_version": SCHEMA_VERSION, "format_level": level, "probe": 0}
    for name, value in facts.items():
        yield f"INSERT INTO meta (name, value) VALUES ('{name}', '{value}')"  # noqa: S608  constants of ours
