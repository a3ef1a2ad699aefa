"""The keys that a dry run would have claimed, so that later deliveries that tell the same are counted as repeats.

On disk, in a file that has no name and is gone with its process: there can be as many as there are deliveries.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import Final, Self

from daybook.journal.store import Known

_CREATE: Final = """
CREATE TABLE claims (
    dedupe_key BLOB PRIMARY KEY, delivery_id BLOB, content_digest BLOB, outcome TEXT, reason TEXT, position INTEGER
) WITHOUT ROWID
"""
_CLAIM: Final = "INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?, ?, ?)"
_LOOK: Final = "SELECT delivery_id, content_digest, outcome, reason, position FROM claims WHERE dedupe_key = ?"


class Claims:
    """One dry run's; to be closed."""

    def __init__(self) -> None:
        # Each step of a run may be another thread's, one after the other.
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._connection.execute(_CREATE)

    def __enter__(self) -> Self:
        """Nothing is left of it afterwards."""
        return self

    def __exit__(self, *_: object) -> None:
        """Forget all."""
        self._connection.close()

    def claim(self, claims: Iterable[tuple[bytes, Known]]) -> None:
        """Note these, in one transaction."""
        self._connection.execute("BEGIN")
        self._connection.executemany(_CLAIM, ((key, *known) for key, known in claims))
        self._connection.execute("COMMIT")

    def known(self, keys: Sequence[bytes]) -> dict[bytes, Known]:
        """Those of the keys that were claimed."""
        found: dict[bytes, Known] = {}
        with closing(self._connection.cursor()) as cursor:
            for key in keys:
                if (row := cursor.execute(_LOOK, (key,)).fetchone()) is not None:
                    found[key] = Known(*row)
        return found
