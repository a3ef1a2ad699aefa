"""The indexes of tables that a load has filled: one in each transaction, so that followers get their turn."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Table

from daybook.projecting.cursor import Cursor
from daybook.projecting.lease import Lease
from daybook.projecting.read_store import ReadStore


class Indexing:
    """Counts over all tables; after a restart, those that are there already are passed quickly."""

    def __init__(self, store: ReadStore, tables: Collection[Table], lease: Lease) -> None:
        self.done = 0
        self.total = sum(len(table.indexes) for table in tables)
        self._store = store
        self._lease = lease
        self._places = [(table, number) for table in tables for number in range(len(table.indexes))]

    def step(self, cursor: Cursor) -> bool:
        """The next index; False where all are there."""
        if self.done == self.total:
            return False
        table, number = self._places[self.done]
        with self._lease.writing(cursor, is_long=True) as (connection, move):
            moved = move({})
            self._store.engine.create_index(connection, table, number)
        self.done += 1
        self._lease.move(moved, {})  # it may have taken longer than a lease lasts
        return True
