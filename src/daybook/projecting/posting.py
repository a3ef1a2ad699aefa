"""One projection as one process keeps it: takes the lease, posts batch after batch, and stops where it cannot go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import structlog

from daybook.domain.events import Event
from daybook.errors import JournalExchangedError, LeaseLostError
from daybook.projecting.change import Change, changes_of
from daybook.projecting.cursor import LEASE_NS, Cursor, is_free, move_cursor, read_cursor
from daybook.projecting.failure import Policy, policy_of
from daybook.projecting.projection import SoundProjection
from daybook.projecting.read_store import ReadStore
from daybook.projecting.reader import Reader
from daybook.projecting.reason import reason_of

_RENEW_NS: Final = LEASE_NS // 3

log = structlog.get_logger(__name__)


class Posting:
    """Every write proves by compare-and-set on epoch and position that no other follower has taken over.

    A projection that stopped is given up by this process and its lease is let go: code does not change while a process
    runs. The next start, or another process with other code, tries again from where it stopped.
    """

    def __init__(
        self, projection: SoundProjection, store: ReadStore, reader: Reader, holder: str, ticks_ns: Callable[[], int]
    ) -> None:
        """`ticks_ns` measures how old our lease is; when it ends is told by the store's clock."""
        self.projection = projection
        self._store = store
        self._reader = reader
        self._holder = holder
        self._ticks_ns = ticks_ns
        self._cursor: Cursor | None = None  # as we wrote it last; None while another one leads
        self._moved_at_ns = 0
        self._given_up = False

    def advance(self, head: int) -> bool:
        """Post one batch towards this head of the journal; True if it moved, so that there may be more.

        Raises what can pass by itself; the caller tries again later.
        """
        if self._given_up:
            return False
        try:
            cursor = self._cursor or self._lead()
            return cursor is not None and self._follow(cursor, head)
        except LeaseLostError:
            self._cursor = None
            return False

    def release(self) -> None:
        """Let the lease go, so that another follower need not wait for its end."""
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            with self._store.write(cursor) as connection:
                move_cursor(connection, cursor, {"expires_at_ns": 0})

    def _lead(self) -> Cursor | None:
        """Begin a new epoch, which deposes whoever led before; None where the lease is another one's."""
        with self._store.read() as connection:
            found = read_cursor(connection, self.projection.name, self.projection.version)
            now_ns = self._store.now_ns(connection)
        # Our own lease is found where a commit succeeded and its answer was lost.
        if found is None or not (found.holder == self._holder or is_free(found, now_ns)):
            return None
        values: dict[str, Any] = {"holder": self._holder, "epoch": found.epoch + 1}
        if found.position == 0:
            values["journal_id"] = self._reader.journal.journal_id.hex
        return self._move(found, values)

    def _follow(self, cursor: Cursor, head: int) -> bool:
        try:
            self._check_journal(cursor, head)
            events = self._reader.after(cursor.position) if cursor.position < head else ()
        except Exception as error:  # noqa: BLE001  whatever a stored event does to its decoder
            exchanged = isinstance(error, JournalExchangedError)
            self._fail(cursor, error, cursor.position if exchanged else cursor.position + 1)
            return False
        if events:
            return self._post(cursor, events) is not None
        if self._ticks_ns() - self._moved_at_ns > _RENEW_NS:
            self._move(cursor, {})
        return False

    def _check_journal(self, cursor: Cursor, head: int) -> None:
        """Raise `JournalExchangedError` unless the cursor's position is one of this very journal."""
        journal = self._reader.journal
        # Another follower may have passed the head we know; only then it is worth asking the journal each time.
        digest_at = self._reader.digest_at if cursor.position <= head else journal.digest_at
        known = cursor.position == 0 or digest_at(cursor.position) == cursor.digest
        if not known or cursor.journal_id != journal.journal_id.hex:
            raise JournalExchangedError(
                f"the cursor of the projection {cursor.name} belongs to another journal, or to one that was restored to"
                f" an earlier point; run `daybook rebuild {cursor.name}`"
            )

    def _post(self, cursor: Cursor, events: Sequence[Event]) -> Cursor | None:
        """The cursor behind these events; None where one of them stopped the projection."""
        try:
            return self._commit(cursor, events)
        except LeaseLostError:
            raise
        except Exception as error:  # noqa: BLE001  a projection's function may raise anything
            if len(events) == 1 or policy_of(error) is Policy.RETRY:
                self._fail(cursor, error, events[0].position)
                return None
        # All events before the culprit are posted: halve until it stands alone.
        middle = len(events) // 2
        between = self._post(cursor, events[:middle])
        return between and self._post(between, events[middle:])

    def _commit(self, cursor: Cursor, events: Sequence[Event]) -> Cursor:
        changes = changes_of(self.projection, events, self._reader.journal.streams)
        position = events[-1].position
        values = {
            "position": position,
            "digest": self._reader.digest_at(position),
            "state": "following",
            "stopped_reason": None,
            "stopped_at": None,
        }
        moved = self._move(cursor, values, changes)
        self._store.announce()
        return moved

    def _fail(self, cursor: Cursor, error: Exception, position: int) -> None:
        if policy_of(error) is Policy.RETRY:
            raise error
        reason = reason_of(error)
        values = {"state": "stopped", "stopped_reason": reason, "stopped_at": position, "expires_at_ns": 0}
        self._move(cursor, values)
        self._cursor, self._given_up = None, True
        log.error("projection stopped", projection=cursor.name, position=position, reason=reason)
        self._store.announce()

    def _move(self, cursor: Cursor, values: dict[str, Any], changes: Sequence[Change] = ()) -> Cursor:
        """Rows, cursor and lease in one transaction; what we remember changes only after its commit."""
        began_at_ns = self._ticks_ns()
        with self._store.write(cursor) as connection:
            now_ns = self._store.now_ns(connection)
            values = {"updated_at_ns": now_ns, "expires_at_ns": now_ns + LEASE_NS, **values}
            move_cursor(connection, cursor, values)
            for change in changes:
                self._store.replace_rows(connection, change)
        self._cursor, self._moved_at_ns = replace(cursor, **values), began_at_ns
        return self._cursor
