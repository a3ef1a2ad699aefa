"""The store to grow on: one PostgreSQL that any number of processes write to, one at a time, under an advisory lock.

An advisory lock, since a table's lock would wait for every VACUUM; taken before anything is read, so that positions
become visible in the order in which they are numbered.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final
from uuid import UUID

import psycopg
import structlog

from daybook.errors import CommitUnknownError, ConnectionLostError, DataRejectedError, StoreUnavailableError
from daybook.journal.postgresql.connection import parameters_of
from daybook.journal.postgresql.reading import close_engine, reading_engine
from daybook.journal.postgresql.schema import ensure_schema
from daybook.journal.postgresql.session import Session
from daybook.journal.postgresql.transaction import CLOCK, PostgreSQLTransaction
from daybook.journal.store import LOCK_WAIT_S_MAX, Clock, Opened
from daybook.journal.vocabulary import FORMAT_LEVEL

URL_PREFIXES: Final = ("postgresql://", "postgres://")
WRITERS_LOCK: Final = int.from_bytes(b"daybook\x01", "big")
HOLD_S_MAX: Final = 5.0
"""Whoever has the lock gives up and lets it go after this."""
HUNG_AFTER_S: Final = 6.5
"""Whoever holds the lock and has done nothing for this long has stopped; longer than any that lives may hold it."""
_SLICE_S: Final = 1.0
"""One wait for the lock; in between a waiter looks whether its holder still lives."""
_PAUSE_S: Final = 0.1
"""Before a server that could not be reached is asked again."""
_ANSWER_S_MAX: Final = 2.0
"""For the server to answer, beyond any wait for the lock."""

# What the caller gave cannot be stored; everything else that goes wrong may pass.
_DATA_CLASSES: Final = ("21", "22", "23", "54")

# READ COMMITTED whatever the default is: an older snapshot would not see what the last holder committed.
_BEGIN: Final = b"".join(
    [
        b"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = %d; ",
        b"SELECT pg_advisory_xact_lock(%d);" % WRITERS_LOCK,
        b"SELECT current_setting('daybook.session', true);",
        CLOCK,
    ]
)
_END_HUNG: Final = b"""
SELECT pg_terminate_backend(holder.pid) FROM pg_locks held JOIN pg_stat_activity holder USING (pid)
WHERE held.locktype = 'advisory' AND held.granted AND held.classid = %d AND held.objid = %d AND held.objsubid = 1
AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND holder.usename = current_user AND holder.state_change < clock_timestamp() - interval '%d milliseconds'
""" % (WRITERS_LOCK >> 32, WRITERS_LOCK & 0xFFFF_FFFF, int(HUNG_AFTER_S * 1000))

_POOLED: Final = (
    "the database gives a writer no session of its own; behind pgbouncer set `pool_mode = session`, or connect directly"
)

_log = structlog.get_logger(__name__)


class PostgreSQLStore:
    """One connection that writes, made again after trouble, and a pool of connections that can only read."""

    def __init__(self, url: str, *, is_replica: bool = False, level: int = FORMAT_LEVEL) -> None:
        """Open the journal in the schema `journal` of this database; create what is absent.

        `is_replica`: only read, and not opened before that, since the intake must not wait for a replica.
        `level`: the format level that this code reads and writes; the store's own is raised by `daybook migrate`.
        """
        self._level = level
        self._stored_level = 0
        self._parameters = parameters_of(url)
        self._writers = Lock()
        self._session: Session | None = None
        self._is_closed = False
        self._opened: Opened | None = None if is_replica else self._ensured()
        self.engine = reading_engine(self._parameters)

    @property
    def journal_id(self) -> UUID:
        """Made when the schema was created."""
        return self.opened.journal_id

    @property
    def opened(self) -> Opened:
        """What opening it found and did."""
        if self._opened is None:
            self._opened = self._ensured()
        return self._opened

    @property
    def format_level(self) -> int:
        """Seen with the lock: `daybook migrate` may raise it while this process runs."""
        return self._stored_level or self.opened.level

    @contextmanager
    def transaction(self, lock_wait_s: float = LOCK_WAIT_S_MAX) -> Iterator[PostgreSQLTransaction]:
        """One write; commits at the end, and leaves nothing behind when anything goes wrong.

        Raises `CommitUnknownError` and `ConnectionLostError` besides what every store raises.
        """
        deadline_s = time.monotonic() + lock_wait_s
        if not self._writers.acquire(timeout=lock_wait_s):
            raise StoreUnavailableError("another thread of this process holds the writers' lock")
        try:
            with _as_store_errors():
                session, clock = self._locked(deadline_s)
                try:
                    tx = PostgreSQLTransaction(session, clock)
                    yield tx
                    _commit(session, tx)
                except BaseException as error:
                    is_lost = session.is_lost
                    self._abandon(session, error)
                    if is_lost and isinstance(error, psycopg.Error):
                        raise ConnectionLostError from error
                    raise
        finally:
            self._writers.release()

    def close(self) -> None:
        """Close every connection."""
        with self._writers:
            self._is_closed = True
            self._drop()
        close_engine(self.engine)

    def _ensured(self) -> Opened:
        with _as_store_errors():
            return ensure_schema(self._parameters, self._level)

    def _locked(self, deadline_s: float) -> tuple[Session, Clock]:
        while True:
            slice_s = min(_SLICE_S, max(0.01, deadline_s - time.monotonic()))
            try:
                session = self._connected()
                session.deadline_s = time.monotonic() + slice_s + _ANSWER_S_MAX
                *_, token, clock = session.run(_BEGIN % int(slice_s * 1000))
            except psycopg.errors.LockNotAvailable:
                self._end_hung_holder()
                if time.monotonic() >= deadline_s:
                    raise StoreUnavailableError("another process holds the writers' lock") from None
            except psycopg.Error:
                # Restarted, or not the primary any more: a new connection will tell, now or in a moment. A refusal
                # can wait, since twenty of them deactivate a webhook, and a restart takes no longer than we may.
                self._drop()
                if time.monotonic() + _PAUSE_S >= deadline_s:
                    raise
                time.sleep(_PAUSE_S)
            else:
                if token.rows != [(session.token,)]:
                    # Its settings, and what it prepared, are now those of another client.
                    self._drop()
                    raise StoreUnavailableError(_POOLED)
                session.deadline_s = time.monotonic() + HOLD_S_MAX
                *now, self._stored_level = (int(value or 0) for value in clock.rows[0])
                return session, Clock(*now)

    def _end_hung_holder(self) -> None:
        try:
            session = self._connected()
            session.run(b"ROLLBACK")
            ended = session.run(_END_HUNG)[-1].rows
        except psycopg.Error:
            self._drop()
        else:
            if ended:
                _log.warning("hung_writer_ended", held_s_min=HUNG_AFTER_S)

    def _connected(self) -> Session:
        if self._is_closed:
            raise StoreUnavailableError("the store was closed")
        if self._session is None:
            self._session = Session(self._parameters)
        return self._session

    def _abandon(self, session: Session, error: BaseException) -> None:
        is_trouble = isinstance(error, (psycopg.Error, StoreUnavailableError)) and not _is_about_data(error)
        try:
            if is_trouble or session.is_lost:
                self._drop()
            else:
                session.run(b"ROLLBACK")
        except psycopg.Error:
            self._drop()

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None


def _commit(session: Session, tx: PostgreSQLTransaction) -> None:
    statements, copies = tx.finish()
    session.is_warned = False
    try:
        session.run(statements, copies)
    except psycopg.Error as error:
        if session.is_lost:
            raise CommitUnknownError from error
        raise
    if session.is_warned:
        # "The transaction has already committed locally, but might not have been replicated to the standby."
        raise CommitUnknownError


@contextmanager
def _as_store_errors() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        # The message of the driver can repeat a value, or tell where the server is.
        name = type(error).__name__
        if _is_about_data(error):
            raise DataRejectedError(f"the store refused the data of a write ({name})") from error
        raise StoreUnavailableError(f"the store cannot be written now ({name})") from error


def _is_about_data(error: BaseException) -> bool:
    return isinstance(error, psycopg.Error) and (error.sqlstate or "").startswith(_DATA_CLASSES)
