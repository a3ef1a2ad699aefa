"""The port to a database engine that holds read models, and which one a database URL means."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Table

from daybook.journal.postgresql import URL_PREFIXES
from daybook.journal.sqlite import folder_of
from daybook.projecting.change import Change
from daybook.projecting.postgresql import PostgreSQLEngine
from daybook.projecting.sqlite import READ_FILE, SQLiteEngine


class ReadEngine(Protocol):
    """What of the read models differs between databases. Nothing is opened before it is used."""

    @property
    def schema(self) -> str | None:
        """Where in the database the tables are; None where it has no such parts."""

    def reading(self) -> AbstractContextManager[Connection]:
        """One moment of the store: all that is read through this connection belongs together."""

    def writing(self, lock: str | None, *, is_long: bool = False) -> AbstractContextManager[Connection]:
        """One transaction, alone under this lock if there is one; commits at the end.

        Raises `LeaseLostError` where another follower is inside, and never waits for one that hangs. `is_long`: its
        statements may take as long as an index of a large table takes.
        """

    def creating(self) -> AbstractContextManager[Connection]:
        """One transaction in which no other process creates anything. Raises `StoreNewerError` for a newer layout."""

    def create(self, connection: Connection, tables: Iterable[Table], *, with_indexes: bool = True) -> None:
        """Those that are absent, with their indexes; a primary key is none."""

    def tables(self, connection: Connection) -> set[str]:
        """The names of all that are there."""

    def pin(self, connection: Connection, names: Iterable[str]) -> None:
        """Until its transaction ends, nobody drops these tables under a reader; raises where one is gone already."""

    def create_index(self, connection: Connection, table: Table, number: int) -> bool:
        """The table's index of this number, counted from 0, if it is absent; False where it has not so many."""

    def settle(self, connection: Connection, tables: Iterable[Table]) -> None:
        """After a load: learn what plans are made by."""

    def drop(self, connection: Connection, names: Iterable[str]) -> None:
        """The tables of these names that are there."""

    def append_rows(self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows whose keys are not in the table yet."""

    def replace_rows(self, connection: Connection, change: Change) -> None:
        """Replace all rows of the change's keys by its rows."""

    def now_ns(self, connection: Connection) -> int:
        """The time by the clock that all followers of this store share."""

    def check_sessions(self) -> None:
        """Raises `PoolingError` where a connection is not a session of its own, which a follower needs."""

    def listen(self, heard: Callable[[int], None], stopping: threading.Event) -> None:
        """Tell of the journal's last position when it has grown, until the event is set; returns where nobody tells.

        Raises what can pass by itself, such as a lost connection.
        """

    def close(self) -> None:
        """Close every connection."""


def engine_of(database_url: str | Path, clock_ns: Callable[[], int] | None) -> ReadEngine:
    """The engine for the database at this URL, or for this file of SQLite's; `clock_ns` instead of the store's own."""
    if isinstance(database_url, Path):
        return SQLiteEngine(database_url, clock_ns)
    if database_url.startswith(URL_PREFIXES):
        return PostgreSQLEngine(database_url, clock_ns)
    return SQLiteEngine(folder_of(database_url) / READ_FILE, clock_ns)
