"""What a failure means for a projection: try again later, or stop and say so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import psycopg
from sqlalchemy.exc import TimeoutError as NoConnectionFreeError

from daybook.errors import StoreUnavailableError


class Policy(StrEnum):
    """What is done about a failure."""

    RETRY = "retry"
    STOP = "stop"


_PASSING: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)
"""SQLite's primary result codes for trouble that is not the data's and can pass without a change of code."""
_PRIMARY: Final = 0xFF
"""The lower byte of an extended result code is the primary one."""

_ABSENT: Final = frozenset({"3F000", "42P01"})
"""PostgreSQL's states for a schema or a table that is not there (yet, or any more): it is created again."""
_NO_TABLE: Final = "no such table"
"""SQLite has no code of its own for that."""
_PASSING_STATES: Final = ("08", "25", "28", "3D", "40", "42501", "53", "55", "57", "58", *sorted(_ABSENT))
"""How PostgreSQL's states for such trouble begin: connections, roles and rights that are still to be given, conflicts
and deadlocks, resources, locks, an operator or a timeout, the system."""


def policy_of(error: BaseException) -> Policy:
    """Retry what can pass by itself (a lock, a full disk, a lost connection); anything else stops the projection."""
    for cause in _causes(error):
        if isinstance(cause, StoreUnavailableError | NoConnectionFreeError):
            return Policy.RETRY
        code = getattr(cause, "sqlite_errorcode", None)
        if code is not None:
            return Policy.RETRY if code & _PRIMARY in _PASSING else Policy.STOP
        if isinstance(cause, psycopg.Error):
            return Policy.RETRY if _can_pass(cause) else Policy.STOP
    return Policy.STOP


def is_absent(error: BaseException) -> bool:
    """Whether the database says that a table or the whole schema is not there."""
    return any(
        cause.sqlstate in _ABSENT
        if isinstance(cause, psycopg.Error)
        else isinstance(cause, sqlite3.OperationalError) and str(cause).startswith(_NO_TABLE)
        for cause in _causes(error)
    )


def _can_pass(error: psycopg.Error) -> bool:
    if error.sqlstate is None:  # the driver's own: a connection that was lost, or is used after that
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return error.sqlstate.startswith(_PASSING_STATES)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """SQLAlchemy keeps the driver's error in `orig`, everything else in the chain of causes."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = getattr(cause, "orig", None) or cause.__cause__
