"""From the rows of a projection's function to values as a database driver takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Dialect, Table

from daybook.errors import ProjectionError


def values_reader(table: Table, dialect: Dialect) -> Callable[[Mapping[str, Any]], list[Any]]:
    """The function from a row to its values in the order of the table's columns; what is missing is null."""
    nothing = dict.fromkeys(table.columns.keys())
    binders = [(name, column.type.bind_processor(dialect)) for name, column in table.columns.items()]
    special = [(name, bind) for name, bind in binders if bind is not None]

    def values_of(row: Mapping[str, Any]) -> list[Any]:
        bound = {name: bind(row.get(name)) for name, bind in special}
        values = {**nothing, **row, **bound}
        if len(values) != len(nothing):
            raise ProjectionError(f"a row has columns that the table {table.name} has not")
        return list(values.values())

    return values_of
