"""One build as one process keeps it up: takes the lease, posts batch after batch, and stops where it cannot go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection

from daybook.domain.events import Event
from daybook.errors import CodeChangedError, JournalExchangedError, LeaseLostError, TableLostError
from daybook.projecting.change import Change, changes_of
from daybook.projecting.cursor import Cursor
from daybook.projecting.failure import Policy, policy_of
from daybook.projecting.lease import Lease, Write
from daybook.projecting.physical import physical_tables
from daybook.projecting.projection import SoundProjection
from daybook.projecting.read_store import ReadStore
from daybook.projecting.reader import Reader

_NO_REASON: Final = {"stopped_reason": None, "stopped_at": None}


class Posting:
    """Follows the journal with one build.

    One that stopped is given up by this process and its lease is let go: code does not change while a process runs.
    The next start, or another process, tries again from where it stopped.
    """

    def __init__(self, projection: SoundProjection, store: ReadStore, reader: Reader, lease: Lease) -> None:
        self._projection = projection
        self._store = store
        self._reader = reader
        self._lease = lease
        self._tables = physical_tables(projection, lease.key[2])
        self.has_stopped = False
        """Whether this process has given the build up."""

    def advance(self, head: int, found: Cursor, now_ns: int) -> bool:
        """Post one batch towards this head of the journal; True if it moved, so that there may be more.

        `found` is the cursor as it is in the store now. Raises what can pass by itself; the caller tries again later.
        """
        if self.has_stopped:
            return False
        try:
            cursor = self._lease.cursor or self._lease.take(found, self._reader.journal.journal_id.hex, now_ns)
            return cursor is not None and self._follow(cursor, head)
        except LeaseLostError:
            self._lease.cursor = None
        except (CodeChangedError, TableLostError):
            self.has_stopped = True
        return False

    def release(self) -> None:
        """Let the lease go, so that another follower need not wait for its end."""
        self._lease.release()

    def moved_by(self, cursor: Cursor, events: Sequence[Event]) -> dict[str, Any]:
        """What these events, which follow the cursor, change in it."""
        position = events[-1].position
        values: dict[str, Any] = {"position": position, "digest": self._reader.digest_at(position)}
        return values | (_going_on(cursor) if cursor.state == "stopped" else {})

    def writes_of(self, events: Sequence[Event]) -> list[Write]:
        """What they change in the tables: computed now, before a transaction begins."""
        changes = changes_of(self._projection, events, self._reader.journal.streams)
        return [self._write(replace(change, table=self._tables[change.table])) for change in changes]

    def _follow(self, cursor: Cursor, head: int) -> bool:
        try:
            self._reader.check(cursor, head)
            events = self._reader.after(cursor.position) if cursor.position < head else ()
        except Exception as error:  # noqa: BLE001  whatever a stored event does to its decoder
            exchanged = isinstance(error, JournalExchangedError)
            self._stop(cursor, error, cursor.position if exchanged else cursor.position + 1)
            return False
        if events:
            return self._post(cursor, events) is not None
        if cursor.state == "stopped":
            self._lease.move(cursor, _going_on(cursor))
        else:
            self._lease.keep(cursor)
        return False

    def _post(self, cursor: Cursor, events: Sequence[Event]) -> Cursor | None:
        """The cursor behind these events; None where one of them stopped the projection."""
        try:
            moved = self._lease.move(cursor, self.moved_by(cursor, events), self.writes_of(events))
        except LeaseLostError:
            raise
        except Exception as error:  # noqa: BLE001  a projection's function may raise anything
            if len(events) == 1 or policy_of(error) is Policy.RETRY:
                self._stop(cursor, error, events[0].position)
                return None
        else:
            self._store.announce()
            return moved
        # All events before the culprit are posted: halve until it stands alone.
        middle = len(events) // 2
        between = self._post(cursor, events[:middle])
        return between and self._post(between, events[middle:])

    def _write(self, change: Change) -> Write:
        def write(connection: Connection) -> None:
            self._store.replace_rows(connection, change)

        return write

    def _stop(self, cursor: Cursor, error: Exception, position: int) -> None:
        self._lease.stop(cursor, error, position)
        self.has_stopped = True


def _going_on(cursor: Cursor) -> dict[str, Any]:
    return {"state": cursor.state_to_go_on, **_NO_REASON}
