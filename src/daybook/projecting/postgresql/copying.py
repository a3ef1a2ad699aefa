"""Rows replaced in bulk: those of the keys deleted, the new ones sent by binary COPY."""

from __future__ import annotations

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
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)  # noqa: S101  for the type checker: it is our dialect's driver
        table = sql.Identifier(SCHEMA, change.table.name)
        names = sql.SQL(", ").join(map(sql.Identifier, change.table.columns.keys()))
        # Not the connection's own cursor: a list is sent as the array that it is.
        with psycopg.Cursor(driver) as cursor:
            delete = sql.SQL("DELETE FROM {} WHERE {} = ANY(%s)").format(table, sql.Identifier(change.key))
            cursor.execute(delete, [list(change.keys)])
            if not change.rows:
                return
            types = self._types_of(cursor, change.table, table, names)
            values_of = values_reader(change.table, connection.dialect)
            with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(table, names)) as copy:
                copy.set_types(types)
                for row in change.rows:
                    copy.write_row(values_of(row))

    def _types_of(
        self, cursor: psycopg.Cursor[Any], own: Table, table: sql.Composable, names: sql.Composable
    ) -> list[int]:
        types = self._types.get(own.name)
        if types is None:
            cursor.execute(sql.SQL("SELECT {} FROM {} LIMIT 0").format(names, table))
            types = self._types[own.name] = [column.type_code for column in cursor.description or ()]
        return types
