"""Reading the journal in batches, once for all projections that stand at the same position."""

from __future__ import annotations

from collections.abc import Sequence

from daybook.domain.events import Event
from daybook.errors import JournalExchangedError
from daybook.journal import Journal
from daybook.projecting.cursor import Cursor
from daybook.projecting.failure import Policy, policy_of


class Reader:
    """Remembers the last batch and the last digest, which the next projection mostly asks for again."""

    def __init__(self, journal: Journal, batch_events_max: int) -> None:
        self.journal = journal
        self._batch_events_max = batch_events_max
        self._after = -1
        self._batch: Sequence[Event] = ()
        self._digest: tuple[int, bytes | None] = (0, None)

    def after(self, position: int) -> Sequence[Event]:
        """The events that follow this position, at least one if there are any.

        Where one of them cannot be decoded, only those before it; where it is the first, its error is raised.
        """
        if self._after != position or not self._batch:
            self._batch = self._read(position)
            self._after = position
        return self._batch

    def digest_at(self, position: int) -> bytes | None:
        """The digest of the event at this position, which tells this journal from another."""
        if self._digest[0] != position:
            self._digest = (position, self.journal.digest_at(position))
        return self._digest[1]

    def check(self, cursor: Cursor, head: int) -> None:
        """Raise `JournalExchangedError` unless the cursor's position is one of this very journal."""
        position = cursor.position if cursor.upto is None else cursor.upto
        # Another follower may have passed the head we know; only then it is worth asking the journal each time.
        digest_at = self.digest_at if position <= head else self.journal.digest_at
        known = position == 0 or digest_at(position) == cursor.digest
        if not known or cursor.journal_id != self.journal.journal_id.hex:
            raise JournalExchangedError(
                f"the cursor of the projection {cursor.name} belongs to another journal, or to one that was restored to"
                f" an earlier point; run `daybook rebuild {cursor.name}`"
            )

    def position_of(self, live: Cursor | None, head: int) -> int:
        """How far readers of this build have got; 0 where that was in another journal."""
        if live is None:
            return 0
        try:
            self.check(live, head)
        except JournalExchangedError:
            return 0
        return live.position

    def _read(self, position: int) -> Sequence[Event]:
        limit = self._batch_events_max
        while True:
            try:
                return self.journal.select_events_after(position, limit)
            except Exception as error:
                if limit == 1 or policy_of(error) is Policy.RETRY:
                    raise
                limit //= 2
