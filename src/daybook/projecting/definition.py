"""Creating the tables of read models: at once with their indexes, or first without them, to be filled."""

from __future__ import annotations

from sqlalchemy import Connection, Table
from sqlalchemy.schema import CreateIndex, CreateTable


def create_table(connection: Connection, table: Table, *, with_indexes: bool) -> None:
    """If it is absent."""
    if with_indexes:
        table.create(connection, checkfirst=True)
    else:
        connection.execute(CreateTable(table, if_not_exists=True))


def create_index(connection: Connection, table: Table, number: int) -> bool:
    """The index of this number, if it is absent; False where the table has not so many."""
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    if number >= len(indexes):
        return False
    # Not `checkfirst`: reflection asks for texts, and a connection to PostgreSQL here gives results in binary.
    connection.execute(CreateIndex(indexes[number], if_not_exists=True))
    return True
