"""The layout of the bookkeeping tables, and how a store of an older one is brought up to it, where it is."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.schema import CreateColumn

from daybook.projecting.cursor import CURSORS, LIVE

FIRST_LAYOUT: Final = 1
LAYOUT: Final = 2
"""Since 2 there are builds: several fillings of one version's tables."""

_NEW: Final = {
    CURSORS: (
        "build",
        "fingerprint",
        "upto",
        "done",
        "events_done",
        "events_total",
        "begun_at_ns",
        "on_ready",
        "tables",
    ),
    LIVE: ("build", "previous_version", "previous_build"),
}


def upgrade(connection: Connection, *, schema: str | None) -> None:
    """From the first layout to this one."""
    prefix = f"{schema}." if schema else ""
    for table, added in _NEW.items():
        for name in added:
            column = CreateColumn(table.c[name]).compile(dialect=connection.dialect)
            connection.execute(text(f"ALTER TABLE {prefix}{table.name} ADD COLUMN {column}"))
    if schema is None:
        _replace_key_by_copying(connection)
    else:
        connection.execute(text(f"ALTER TABLE {prefix}cursors DROP CONSTRAINT cursors_pkey"))
        connection.execute(text(f"ALTER TABLE {prefix}cursors ADD PRIMARY KEY (name, version, build)"))


def _replace_key_by_copying(connection: Connection) -> None:
    """SQLite cannot change the key of a table."""
    names = ", ".join(CURSORS.columns.keys())
    connection.execute(text("ALTER TABLE cursors RENAME TO cursors_of_layout_1"))
    CURSORS.create(connection)
    connection.execute(text(f"INSERT INTO cursors ({names}) SELECT {names} FROM cursors_of_layout_1"))  # noqa: S608  constants
    connection.execute(text("DROP TABLE cursors_of_layout_1"))
