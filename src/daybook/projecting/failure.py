"""What a failure means for a projection: try again later, or stop and say so."""

from __future__ import annotations

import sqlite3
from enum import StrEnum
from typing import Final

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


def policy_of(error: BaseException) -> Policy:
    """Retry what can pass by itself (a lock, a full disk, a failing read); anything else stops the projection."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, StoreUnavailableError):
            return Policy.RETRY
        code = getattr(cause, "sqlite_errorcode", None)
        if code is not None:
            return Policy.RETRY if code & _PRIMARY in _PASSING else Policy.STOP
        # SQLAlchemy keeps the driver's error in `orig`, everything else in the chain of causes.
        cause = getattr(cause, "orig", None) or cause.__cause__
    return Policy.STOP
