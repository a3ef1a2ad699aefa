"""The embedded store: a folder, written by the process that asks."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from daybook.journal.schema import ensure_schema
from daybook.journal.sqlite import JOURNAL_FILE, URL_PREFIX, folder_of
from tests.bench.engine import Rows


class SQLite:
    """WAL and `synchronous=FULL`, as daybook and its peers set it themselves."""

    version = f"SQLite {sqlite3.sqlite_version}"

    @contextmanager
    def new_store(self, folder: Path, *, slow_flushes: bool = False) -> Iterator[str]:
        """A folder of its own."""
        assert not slow_flushes, "SQLite flushes as fast as it can"
        with TemporaryDirectory(dir=folder) as name:
            yield f"{URL_PREFIX}{name}"

    def settle(self, url: str) -> None:
        """Nothing is left to be done: the last one to close the file has written it back."""

    def count(self, url: str, table: str) -> int:
        """The rows of one of daybook's tables."""
        with closing(_readonly(url)) as connection:
            (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(count)

    def rows(self, url: str, table: str) -> tuple[Sequence[str], list[Sequence[Any]]]:
        """All columns and rows of one of daybook's tables."""
        with closing(_readonly(url)) as connection:
            cursor = connection.execute(f"SELECT * FROM {table}")
            return [column[0] for column in cursor.description], cursor.fetchall()

    @contextmanager
    def writer(self, url: str) -> Iterator[Callable[[Rows], None]]:
        """By `executemany`, table by table."""
        with closing(sqlite3.connect(folder_of(url) / JOURNAL_FILE, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            ensure_schema(connection)

            def write(batch: Rows) -> None:
                connection.execute("BEGIN IMMEDIATE")
                for table, rows in batch.items():
                    connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
                connection.execute("COMMIT")

            yield write

    def cpu_s(self) -> float:
        """It has no processes."""
        return 0.0


def _readonly(url: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{folder_of(url) / JOURNAL_FILE}?mode=ro", uri=True)
