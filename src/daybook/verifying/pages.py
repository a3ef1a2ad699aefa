"""Reading the journal page by page, so that a verification needs the same memory for ten events as for ten million.

What is in the journal is never changed, so pages need not come from one moment: a bound on the position is enough.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, TypeVar, cast
from uuid import UUID

import sqlalchemy as sa

from daybook.domain.aggregates import EVENT_TYPES
from daybook.domain.identity import Kind
from daybook.journal import Journal
from daybook.journal.mapper import RecordedEvent
from daybook.journal.recorder import JournalRecorder
from daybook.journal.tables import events

EVENTS_MAX: Final = 5_000
"""Events of one page."""
IDS_MAX: Final = 500
"""Values that one query asks for."""
_COLUMNS: Final = (
    events.c.originator_id,
    events.c.originator_version,
    events.c.topic,
    events.c.state,
    events.c.position,
    events.c.delivery_id,
    events.c.recorded_at_ns,
    events.c.encoding,
)

_T = TypeVar("_T")


def chunks(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """The items in the portions that one query takes."""
    return (items[start : start + IDS_MAX] for start in range(0, len(items), IDS_MAX))


def events_after(journal: Journal, position: int, upto: int, limit: int) -> Sequence[RecordedEvent]:
    """Events as they are stored, by position, not decoded."""
    recorded = journal.recorder.select_notifications(position, limit, upto, inclusive_of_start=False)
    return cast("Sequence[RecordedEvent]", recorded)


def events_at(connection: sa.Connection, positions: Collection[int]) -> dict[int, RecordedEvent]:
    """The events at these positions, as far as there are any."""
    found: dict[int, RecordedEvent] = {}
    for chunk in chunks(list(positions)):
        query = sa.select(*_COLUMNS).where(events.c.position.in_(chunk))
        found.update((event.id, event) for event in _recorded(connection, query))
    return found


def streams_after(
    journal: Journal, stream_id: UUID | None, upto: int, kinds: Collection[Kind], limit: int
) -> list[list[RecordedEvent]]:
    """Whole streams of these kinds behind one, by id, each by version up to a position; about so many events.

    Empty where none follow. An event of an unknown type may be of any kind.
    """
    unwanted = sorted(topic for topic, event_type in EVENT_TYPES.items() if event_type.KIND not in kinds)
    return cast("JournalRecorder", journal.recorder).scan_streams(stream_id, upto, unwanted, limit)


def place(stored: RecordedEvent) -> str:
    """Where this event is, in words."""
    return f"event {stored.id} (stream {stored.originator_id}, version {stored.originator_version})"


def _recorded(connection: sa.Connection, query: sa.Select[Any]) -> list[RecordedEvent]:
    return [
        RecordedEvent(originator_id, version, topic, state, position, delivery_id, recorded_at_ns, encoding)
        for originator_id, version, topic, state, position, delivery_id, recorded_at_ns, encoding in connection.execute(
            query
        ).all()
    ]
