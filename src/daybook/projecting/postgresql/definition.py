"""The tables of read models as PostgreSQL gets them: in a schema of their own, texts compared by their bytes."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Enum, MetaData, String, Table

SCHEMA: Final = "read"
_BYTEWISE: Final = "C"


def collated(table: Table) -> Table:
    """The same table with SQLite's order of texts, so that pages and comparisons are the same on both engines."""
    copy = table.to_metadata(MetaData(), schema=SCHEMA)
    for column in copy.columns:
        if isinstance(column.type, String) and not isinstance(column.type, Enum) and column.type.collation is None:
            column.type = column.type.copy(collation=_BYTEWISE)
    return copy
