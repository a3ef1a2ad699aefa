"""The embedded store: one SQLite file in a folder, written under `BEGIN IMMEDIATE`, flushed at every commit."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from daybook.errors import DataRejectedError, StoreUnavailableError
from daybook.journal.schema import ensure_schema
from daybook.journal.sqlite_transaction import SQLiteTransaction
from daybook.journal.store import LOCK_WAIT_S_MAX, Opened
from daybook.journal.vocabulary import FORMAT_LEVEL

JOURNAL_FILE: Final = "journal.db"
URL_PREFIX: Final = "sqlite:///"
_CACHED_STATEMENTS: Final = 512
"""All statements of a batch in all their sizes: preparing one anew costs more than running it."""
_CACHE_KIB: Final = 65_536
_CHECKPOINT_PAGES: Final = 4_000
"""Larger than SQLite's 1,000: keys and stream ids are random, so the same pages are copied back once, not often."""
_WAL_SWITCH_ATTEMPTS: Final = 50
_WAL_SWITCH_WAIT_S: Final = 0.1

# What the caller gave cannot be stored; everything else that goes wrong may pass.
_DATA_ERRORS: Final = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    OverflowError,
    UnicodeError,
)


def folder_of(database_url: str) -> Path:
    """The folder that a `sqlite:///folder` URL names."""
    return Path(database_url.removeprefix(URL_PREFIX))


class SQLiteStore:
    """One write connection, made again after trouble, and a pool of connections that can only read."""

    def __init__(self, folder: Path, *, clock_ns: Callable[[], int] = time.time_ns, level: int = FORMAT_LEVEL) -> None:
        """Open the journal in this folder; create what is absent, and raise its format level to ours."""
        # Bodies hold personal data: nobody else's business on a shared machine.
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / JOURNAL_FILE
        self._clock_ns = clock_ns
        self._writers = Lock()
        self._connection: sqlite3.Connection | None = None
        self._is_closed = False
        with self._writers, _as_store_errors():
            self.opened: Opened = ensure_schema(self._connected(), level)
        self.journal_id: UUID = self.opened.journal_id
        self.engine = _reading_engine(self.path)

    @property
    def format_level(self) -> int:
        """Raised by whoever opens the store with newer code."""
        return self.opened.level

    @contextmanager
    def transaction(self, lock_wait_s: float = LOCK_WAIT_S_MAX) -> Iterator[SQLiteTransaction]:
        """One write; commits at the end, and leaves nothing behind when anything goes wrong."""
        deadline = time.monotonic() + lock_wait_s
        if not self._writers.acquire(timeout=lock_wait_s):
            raise StoreUnavailableError("another thread of this process holds the writers' lock")
        try:
            with _as_store_errors():
                connection = self._connected()
                try:
                    self._begin(connection, max(0.0, deadline - time.monotonic()))
                    yield SQLiteTransaction(connection, self._clock_ns)
                    connection.execute("COMMIT")
                except BaseException as error:
                    self._abandon(connection, error)
                    raise
        finally:
            self._writers.release()

    def close(self) -> None:
        """Close every connection."""
        with self._writers:
            self._is_closed = True
            if self._connection is not None:
                self._connection.close()
                self._connection = None
        self.engine.dispose()

    def _begin(self, connection: sqlite3.Connection, lock_wait_s: float) -> None:
        if lock_wait_s < LOCK_WAIT_S_MAX / 2:
            connection.execute(f"PRAGMA busy_timeout = {int(lock_wait_s * 1000)}")
        try:
            connection.execute("BEGIN IMMEDIATE")
        finally:
            if lock_wait_s < LOCK_WAIT_S_MAX / 2:
                connection.execute(f"PRAGMA busy_timeout = {int(LOCK_WAIT_S_MAX * 1000)}")

    def _abandon(self, connection: sqlite3.Connection, error: BaseException) -> None:
        with suppress(sqlite3.Error):
            connection.rollback()
        # After an I/O error the state of a connection is anyone's guess; a new one reads the file as it is.
        if isinstance(error, sqlite3.Error) and not isinstance(error, _DATA_ERRORS):
            connection.close()
            self._connection = None

    def _connected(self) -> sqlite3.Connection:
        if self._is_closed:
            raise StoreUnavailableError("the store was closed")
        if self._connection is None:
            self._connection = _writing_connection(self.path)
        return self._connection


@contextmanager
def _as_store_errors() -> Iterator[None]:
    try:
        yield
    except _DATA_ERRORS as error:
        # The message of the driver can repeat a value.
        raise DataRejectedError(f"the store refused the data of a write ({type(error).__name__})") from error
    except (sqlite3.Error, OSError) as error:
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        raise StoreUnavailableError(f"the store cannot be written now ({name})") from error


def _writing_connection(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path,
        timeout=LOCK_WAIT_S_MAX,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_CACHED_STATEMENTS,
    )
    try:
        _switch_to_wal(connection)
        # A 2xx is a promise: the commit returns when the disk has it.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    except BaseException:
        connection.close()
        raise
    return connection


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    # The switch wants the file for itself and does not wait for others that switch at the same time.
    for attempt in range(_WAL_SWITCH_ATTEMPTS):
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError:
            if attempt == _WAL_SWITCH_ATTEMPTS - 1:
                raise
        else:
            if mode == "wal":
                return
        time.sleep(_WAL_SWITCH_WAIT_S)
    raise StoreUnavailableError("the file system does not let SQLite keep a write-ahead log")


def _reading_engine(path: Path) -> sa.Engine:
    engine = sa.create_engine(f"sqlite:///{path}")

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        # The driver begins no transaction for a SELECT; without one each SELECT would see another state.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {int(LOCK_WAIT_S_MAX * 1000)}")
        connection.execute("PRAGMA query_only = ON")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine
