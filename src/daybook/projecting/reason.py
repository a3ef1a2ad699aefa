"""Why a projection stopped, in words that can be shown: what went wrong and where, never the data it went wrong on."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Final

import psycopg

from daybook.errors import DaybookError

_LIBRARIES: Final = frozenset({"site-packages", "importlib", "<frozen importlib._bootstrap>"})
_QUOTING: Final = frozenset({"21", "22", "54"})
"""Classes of PostgreSQL's states for a value that does not fit."""


def reason_of(error: BaseException) -> str:
    """The error's kind and its place; its own words only where they cannot hold what a webhook told.

    Daybook's errors are written that way, and a database names tables and columns; other messages may quote a value.
    """
    if isinstance(error, DaybookError):
        return str(error)
    words = _database_words(error)
    return f"{type(error).__name__}{words or _place(error)}"


def kind_of(error: BaseException) -> str:
    """The kind of a database's error: the driver's, where SQLAlchemy wraps it."""
    return type(getattr(error, "orig", None) or error).__name__


def _database_words(error: BaseException) -> str:
    """What the database says: SQLAlchemy keeps the driver's error beside its own text, which quotes parameters."""
    original = getattr(error, "orig", None) or error
    if getattr(original, "sqlite_errorcode", None) is not None:
        return f": {original}"
    if isinstance(original, psycopg.Error) and original.sqlstate is not None:
        return f": {_postgresql_words(original)}"
    return ""


def _postgresql_words(error: psycopg.Error) -> str:
    """PostgreSQL's own words quote the value when it is the value that is wrong; then only what it is about is told."""
    told = error.diag
    words = told.message_primary if str(error.sqlstate)[:2] not in _QUOTING else f"state {error.sqlstate}"
    about = ".".join(name for name in (told.table_name, told.column_name or told.constraint_name) if name)
    return f"{words} ({about})" if about else str(words)


def _place(error: BaseException) -> str:
    """The last line outside of libraries that it came through, e.g. `at registrations/__init__.py:42`."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if not _LIBRARIES & set(Path(frame.filename).parts)
    ]
    return f" at {'/'.join(Path(frames[-1].filename).parts[-2:])}:{frames[-1].lineno}" if frames else ""
