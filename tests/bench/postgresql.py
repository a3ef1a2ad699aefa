"""PostgreSQL: one server for all contenders, over TCP, and a database of its own for each measurement."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg
from psycopg.conninfo import conninfo_to_dict

from daybook.journal.postgresql.connection import SCHEMA
from daybook.journal.postgresql.schema import ensure_schema
from tests.bench.engine import Rows
from tests.engines import GIVEN_SERVER, new_database
from tests.postgresql.cluster import Cluster

SETTINGS: Final = {
    # What one measurement writes fits into memory and log: nobody pays for a checkpoint in the midst of it.
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "max_connections": "100",
}
"""Beside PostgreSQL's defaults, which flush every commit (`fsync`, `synchronous_commit`, `full_page_writes`)."""
SLOWER_BY_US: Final = 2_000


class PostgreSQL:
    """A server that runs."""

    def __init__(self, url: str, cluster: Cluster | None) -> None:
        """`cluster` is None for a server that was given."""
        self._url = url
        self._cluster = cluster
        ((number, flushes),) = self._run("SELECT current_setting('server_version'), current_setting('fsync')")
        told = "as it was given" if cluster is None else ", ".join(f"{name} {SETTINGS[name]}" for name in SETTINGS)
        self.version = f"PostgreSQL {number} (fsync {flushes}; {told})"

    @contextmanager
    def new_store(self, folder: Path, *, slow_flushes: bool = False) -> Iterator[str]:
        """A database of its own; a checkpoint has written back what others left."""
        del folder
        with new_database(self._url) as url:
            if slow_flushes:
                # Every flush of this database's sessions waits first, whoever else commits.
                name = conninfo_to_dict(url)["dbname"]
                self._run(f'ALTER DATABASE "{name}" SET commit_delay = {SLOWER_BY_US}')
                self._run(f'ALTER DATABASE "{name}" SET commit_siblings = 0')
            self._run("CHECKPOINT")
            yield url

    def settle(self, url: str) -> None:
        """What autovacuum and the checkpointer would do later."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")
            connection.execute("CHECKPOINT")

    def count(self, url: str, table: str) -> int:
        """The rows of one of daybook's tables."""
        with _connected(url) as connection:
            (count,) = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() or (0,)
        return int(count)

    def rows(self, url: str, table: str) -> tuple[Sequence[str], list[Sequence[Any]]]:
        """All columns and rows of one of daybook's tables."""
        with _connected(url) as connection, connection.cursor(binary=True) as cursor:
            cursor.execute(f"SELECT * FROM {table}".encode())
            return [column.name for column in cursor.description or ()], list(cursor.fetchall())

    @contextmanager
    def writer(self, url: str) -> Iterator[Callable[[Rows], None]]:
        """By binary COPY, table by table, with the driver's own encoding in C."""
        ensure_schema(url)
        types: dict[str, list[int]] = {}
        with _connected(url) as connection, connection.cursor() as cursor:

            def write(batch: Rows) -> None:
                for table, rows in batch.items():
                    if table not in types:
                        cursor.execute(f"SELECT * FROM {table} LIMIT 0".encode())
                        types[table] = [column.type_code for column in cursor.description or ()]
                    with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)".encode()) as copy:
                        copy.set_types(types[table])
                        for row in rows:
                            copy.write_row(row)
                connection.commit()

            yield write

    def cpu_s(self) -> float:
        """Of the server's main process, of the sessions that have ended, and of those that go on."""
        if self._cluster is None:
            return 0.0
        main, *others = self._cluster.processes()
        used = main.cpu_times()
        ended_s = used.user + used.system + used.children_user + used.children_system
        return float(ended_s + sum(_cpu_s(other) for other in others))

    def _run(self, statement: str) -> list[Any]:
        with psycopg.connect(self._url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


@contextmanager
def running() -> Iterator[PostgreSQL]:
    """A server of the benchmark's own, or the one that `DAYBOOK_TEST_DATABASE_URL` names, as its superuser."""
    if url := os.environ.get(GIVEN_SERVER):
        yield PostgreSQL(url, None)
        return
    with Cluster(settings=SETTINGS) as cluster:
        yield PostgreSQL(cluster.url(tcp=True), cluster)


def _connected(url: str) -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(url, options=f"-csearch_path={SCHEMA}")


def _cpu_s(process: psutil.Process) -> float:
    """Nothing for one that has ended since it was listed: the server counts it among those that have."""
    try:
        used = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(used.user + used.system)
