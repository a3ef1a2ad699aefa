"""Why a projection stopped, in words that can be shown: what went wrong and where, never the data it went wrong on."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Final

from daybook.errors import DaybookError

_LIBRARIES: Final = frozenset({"site-packages", "importlib", "<frozen importlib._bootstrap>"})


def reason_of(error: BaseException) -> str:
    """The error's kind and its place; its own words only where they cannot hold what a webhook told.

    Daybook's errors are written that way, and a database names tables and columns; other messages may quote a value.
    """
    if isinstance(error, DaybookError):
        return str(error)
    words = _database_words(error)
    return f"{type(error).__name__}{words or _place(error)}"


def _database_words(error: BaseException) -> str:
    """What SQLite says: SQLAlchemy keeps the driver's error beside its own text, which quotes parameters."""
    original = getattr(error, "orig", None)
    return f": {original}" if getattr(original, "sqlite_errorcode", None) is not None else ""


def _place(error: BaseException) -> str:
    """The last line outside of libraries that it came through, e.g. `at registrations/__init__.py:42`."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if not _LIBRARIES & set(Path(frame.filename).parts)
    ]
    return f" at {'/'.join(Path(frames[-1].filename).parts[-2:])}:{frames[-1].lineno}" if frames else ""
