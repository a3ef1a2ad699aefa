"""The read models on SQLite: connections to `read.db`, and rows replaced in bulk."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, create_engine, event

from daybook.errors import StoreNewerError
from daybook.projecting.binding import values_reader
from daybook.projecting.change import Change
from daybook.projecting.definition import create_index, create_table
from daybook.projecting.layout import FIRST_LAYOUT, LAYOUT, upgrade

READ_FILE: Final = "read.db"
_LOCK_WAIT_S_MAX: Final = 5.0
_CONNECTIONS_MAX: Final = 48
"""More than the web server's worker threads (40), so that no reader waits for a connection."""
_VARIABLES_MAX: Final = 32_000
"""SQLite takes 32,766 in one statement."""
_ROWS_MAX: Final = 256
_CACHE_KIB: Final = 32_768
_CHECKPOINT_PAGES: Final = 4_000
"""Stream ids are random, so that a batch touches many pages: each is copied back once in a while, not each time."""
_WRITING: Final = "daybook_writing"


class SQLiteEngine:
    """The read models in one file. Its connections are made when they are needed; nothing is opened yet."""

    schema: Final = None

    def __init__(self, path: Path, clock_ns: Callable[[], int] | None = None) -> None:
        self.path = path
        self.connections = _connections(path)
        self._clock_ns = clock_ns or time.time_ns

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot: SQLite's readers see the file as it was when they began."""
        with self.connections.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, lock: str | None, *, is_long: bool = False) -> Iterator[Connection]:  # noqa: ARG002  there is one lock for all of the file
        """Under the writers' lock, which is waited for at most 5 seconds."""
        # A transaction that reads first and writes later fails at once when another one wrote in between.
        with self.connections.execution_options(**{_WRITING: True}).begin() as connection:
            yield connection

    @contextmanager
    def creating(self) -> Iterator[Connection]:
        """Creates the folder too."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.writing(None) as connection:
            _check_layout(connection)
            yield connection

    def create(self, connection: Connection, tables: Iterable[Table], *, with_indexes: bool = True) -> None:
        """As they are defined."""
        for table in tables:
            create_table(connection, table, with_indexes=with_indexes)

    def tables(self, connection: Connection) -> set[str]:
        """In the file."""
        return set(connection.exec_driver_sql("SELECT name FROM sqlite_schema WHERE type = 'table'").scalars())

    def pin(self, connection: Connection, names: Iterable[str]) -> None:
        """A reader has the file as it was when it began."""

    def create_index(self, connection: Connection, table: Table, number: int) -> bool:
        """As it is defined."""
        return create_index(connection, table, number)

    def settle(self, connection: Connection, tables: Iterable[Table]) -> None:
        """SQLite makes its plans by the definitions alone."""

    def drop(self, connection: Connection, names: Iterable[str]) -> None:
        """With their indexes."""
        for name in names:
            connection.exec_driver_sql(f'DROP TABLE IF EXISTS "{name}"')

    def append_rows(self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """By as few statements as SQLite takes."""
        _insert(connection, table, rows, upsert_by=None)

    def replace_rows(self, connection: Connection, change: Change) -> None:
        """By as few statements as SQLite takes."""
        _replace_rows(connection, change)

    def now_ns(self, connection: Connection) -> int:  # noqa: ARG002  all that share a file share a clock
        """This machine's clock."""
        return self._clock_ns()

    def check_sessions(self) -> None:
        """Every connection is one."""

    def listen(self, heard: Callable[[int], None], stopping: threading.Event) -> None:
        """Nobody tells: SQLite cannot wake another process."""

    def close(self) -> None:
        """Close every connection."""
        self.connections.dispose()


def _connections(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        hide_parameters=True,  # errors are shown and logged
        pool_size=8,
        max_overflow=_CONNECTIONS_MAX - 8,
        connect_args={"timeout": _LOCK_WAIT_S_MAX},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where we say so, not at the first write
        connection.execute("PRAGMA journal_mode = WAL")
        # Disposable: after a loss of power the last batches are posted again from the journal.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get(_WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _check_layout(connection: Connection) -> None:
    """Refuse a file that a newer daybook wrote, bring an older one up; SQLite keeps the layout as `user_version`."""
    found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if found > LAYOUT:
        raise StoreNewerError(
            f"the read store has layout {found}, this daybook knows {LAYOUT}; start the daybook that wrote it,"
            f" or delete {READ_FILE}: it is filled again from the journal"
        )
    if found == FIRST_LAYOUT:
        upgrade(connection, schema=None)
    if found < LAYOUT:
        connection.exec_driver_sql(f"PRAGMA user_version = {LAYOUT}")


def _replace_rows(connection: Connection, change: Change) -> None:
    table = change.table
    if [column.name for column in table.primary_key] == [change.key]:
        kept = {row[change.key] for row in change.rows}
        # An upsert touches only the indexes whose columns changed; deleting and inserting touches them all.
        _delete(connection, table, change.key, [key for key in change.keys if key not in kept])
        _insert(connection, table, change.rows, upsert_by=change.key)
    else:
        _delete(connection, table, change.key, change.keys)
        _insert(connection, table, change.rows, upsert_by=None)


def _delete(connection: Connection, table: Table, key: str, keys: Sequence[Any]) -> None:
    for chunk in _chunks(keys, _ROWS_MAX):
        marks = ",".join("?" * len(chunk))
        connection.exec_driver_sql(f'DELETE FROM "{table.name}" WHERE "{key}" IN ({marks})', tuple(chunk))  # noqa: S608


def _insert(connection: Connection, table: Table, rows: Sequence[Any], *, upsert_by: str | None) -> None:
    """Many rows in one statement: with one statement per row the interpreter's lock changes hands at each."""
    columns = [column.name for column in table.columns]
    names = ",".join(f'"{column}"' for column in columns)
    marks = f"({','.join('?' * len(columns))})"
    upsert = ""
    if upsert_by is not None:
        others = ",".join(f'"{column}"=excluded."{column}"' for column in columns if column != upsert_by)
        upsert = f' ON CONFLICT ("{upsert_by}") DO UPDATE SET {others}'
    values_of = values_reader(table, connection.dialect)
    for chunk in _chunks(rows, min(_ROWS_MAX, _VARIABLES_MAX // len(columns))):
        statement = f'INSERT INTO "{table.name}" ({names}) VALUES {",".join([marks] * len(chunk))}{upsert}'  # noqa: S608
        connection.exec_driver_sql(statement, tuple(chain.from_iterable(map(values_of, chunk))))


def _chunks(items: Sequence[Any], size_max: int) -> Iterator[Sequence[Any]]:
    """Chunks whose sizes are powers of two, so that few different statements are prepared."""
    start = 0
    while start < len(items):
        size = min(size_max, 1 << ((len(items) - start).bit_length() - 1))
        yield items[start : start + size]
        start += size
