"""The connections that read: a bounded pool, each transaction one consistent state, no wait without an end."""

from __future__ import annotations

from typing import Final

import psycopg
import sqlalchemy as sa

from daybook.errors import StoreUnavailableError
from daybook.journal.postgresql.connection import ANSWER_S_MAX, BoundedConnection, connect

CONNECTIONS_MAX: Final = 10
"""Of one process, beside the one that writes."""
_WAIT_S_MAX: Final = 3.0
"""For one of them to be free."""
_RECYCLE_S: Final = 600
_PING_S_MAX: Final = 1.5
"""For a pooled connection to show that its server answers: after it a new one is tried, within the same 8 s."""


def reading_engine(parameters: str) -> sa.Engine:
    """SQLAlchemy over libpq's own connection string. What may pass is raised as `StoreUnavailableError`."""

    def creator() -> BoundedConnection:
        connection = connect(parameters)
        connection.autocommit = False
        connection.read_only = True
        # All reads of one call see one state.
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        # A plan made while a table was small and kept would read all of it when it has grown.
        connection.prepare_threshold = None
        return connection

    engine = sa.create_engine(
        "postgresql+psycopg://",
        creator=creator,
        pool_size=CONNECTIONS_MAX // 2,
        max_overflow=CONNECTIONS_MAX - CONNECTIONS_MAX // 2,
        pool_timeout=_WAIT_S_MAX,
        pool_recycle=_RECYCLE_S,
        pool_pre_ping=True,
        use_native_hstore=False,
    )
    sa.event.listen(engine, "handle_error", _as_store_error)
    sa.event.listen(engine, "checkin", _expect_ping)
    sa.event.listen(engine, "checkout", _expect_answers)
    return engine


def close_engine(engine: sa.Engine) -> None:
    """Close every connection: those in use, by a thread that is still at work, when they are given back."""
    sa.event.listen(engine.pool, "checkin", _close)
    engine.dispose()


def _close(_connection: BoundedConnection | None, record: sa.pool.ConnectionPoolEntry) -> None:
    record.invalidate()


def _expect_ping(connection: BoundedConnection | None, _record: object) -> None:
    if connection is not None:
        connection.answer_s_max = _PING_S_MAX


def _expect_answers(connection: BoundedConnection, *_: object) -> None:
    connection.answer_s_max = ANSWER_S_MAX


def _as_store_error(context: sa.engine.ExceptionContext) -> None:
    if isinstance(context.original_exception, psycopg.OperationalError) and not context.is_pre_ping:
        name = type(context.original_exception).__name__
        raise StoreUnavailableError(f"the store cannot be read now ({name})") from context.original_exception
