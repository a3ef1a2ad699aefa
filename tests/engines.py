"""The engines that every contract of the journal and the intake is tried on, each with an empty store of its own."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg

from daybook.journal import Journal, open_journal
from daybook.journal.postgresql.store import WRITERS_LOCK
from daybook.journal.sqlite import JOURNAL_FILE
from tests.postgresql.cluster import Cluster

ENGINES: Final = ("sqlite", "postgresql")
GIVEN_SERVER: Final = "DAYBOOK_TEST_DATABASE_URL"
"""A server to use instead of one from the wheel; its role must be allowed to create databases."""


class Engine(Protocol):
    """One empty store, and what another program could do to it."""

    @property
    def url(self) -> str: ...

    def open(self) -> Journal: ...

    def locked(self) -> AbstractContextManager[None]:
        """As when another process holds the writers' lock."""

    def refuse_events_with(self, text: str) -> None:
        """From now on the store refuses an event whose state holds this text."""

    def refuse_nothing(self) -> None: ...


class SQLiteEngine:
    """A folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / JOURNAL_FILE
        self.url = f"sqlite:///{folder}"

    def open(self) -> Journal:
        return open_journal(self.url)

    @contextmanager
    def locked(self) -> Iterator[None]:
        other = sqlite3.connect(self._file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()

    def refuse_events_with(self, text: str) -> None:
        self._run(
            f"CREATE TRIGGER refuses BEFORE INSERT ON events WHEN instr(NEW.state, '{text}') "
            "BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )

    def refuse_nothing(self) -> None:
        self._run("DROP TRIGGER refuses")

    def _run(self, statement: str) -> None:
        other = sqlite3.connect(self._file, isolation_level=None)
        other.execute(statement)
        other.close()


class PostgreSQLEngine:
    """A database."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.name = urlsplit(url).path.removeprefix("/")

    def open(self) -> Journal:
        return open_journal(self.url)

    @contextmanager
    def locked(self) -> Iterator[None]:
        with self.connected() as other:
            other.execute("SELECT pg_advisory_lock(%s)", [WRITERS_LOCK])
            yield

    def refuse_events_with(self, text: str) -> None:
        self.run(f"ALTER TABLE events ADD CONSTRAINT refuses CHECK (position('{text}'::bytea IN state) = 0)")

    def refuse_nothing(self) -> None:
        self.run("ALTER TABLE events DROP CONSTRAINT refuses")

    def run(self, statement: str) -> None:
        with self.connected() as other:
            other.execute(statement)

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.url, autocommit=True, options="-csearch_path=journal") as connection:
            yield connection


@contextmanager
def server() -> Iterator[str]:
    """The URL of a PostgreSQL for as long as the tests run."""
    if url := os.environ.get(GIVEN_SERVER):
        yield url
        return
    with Cluster(is_durable=False) as cluster:
        yield cluster.url()


@contextmanager
def new_database(server_url: str) -> Iterator[str]:
    """An empty database on that server; gone afterwards, whoever is still connected."""
    name = f"daybook_test_{uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
