"""Rows replaced in bulk: those of the keys deleted, the new ones sent by binary COPY."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Table

from daybook.projecting.binding import values_reader
from daybook.projecting.change import Change
from daybook.projecting.postgresql.definition import SCHEMA


class Copier:
    """Remembers the types of the tables, which a binary COPY must be told."""

    def __init__(self) -> None:
        self._types: Final[dict[str, list[int]]] = {}

    def replace_rows(self, connection: Connection, change: Change) -> None:
        """Every index has the time of the last event in it, so that an upsert would touch as many of them."""
        # Not the connection's own cursor: a list is sent as the array that it is.
        with psycopg.Cursor(_driver(connection)) as cursor:
            delete = sql.SQL("DELETE FROM {} WHERE {} = ANY(%s)")
            cursor.execute(delete.format(_name(change.table), sql.Identifier(change.key)), [list(change.keys)])
        self.append_rows(connection, change.table, change.rows)

    def append_rows(self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows whose keys are not in the table."""
        if not rows:
            return
        names = sql.SQL(", ").join(map(sql.Identifier, table.columns.keys()))
        with psycopg.Cursor(_driver(connection)) as cursor:
            types = self._types_of(cursor, table, names)
            values_of = values_reader(table, connection.dialect)
            statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(_name(table), names)
            with cursor.copy(statement) as copy:
                copy.set_types(types)
                for row in rows:
                    copy.write_row(values_of(row))

    def _types_of(self, cursor: psycopg.Cursor[Any], table: Table, names: sql.Composable) -> list[int]:
        types = self._types.get(table.name)
        if types is None:
            cursor.execute(sql.SQL("SELECT {} FROM {} LIMIT 0").format(names, _name(table)))
            types = self._types[table.name] = [column.type_code for column in cursor.description or ()]
        return types


def _name(table: Table) -> sql.Identifier:
    return sql.Identifier(SCHEMA, table.name)


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101  for the type checker: it is our dialect's driver
    return driver
