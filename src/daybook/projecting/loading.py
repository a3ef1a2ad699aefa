"""What the next batch of a load is: whole streams in the order of their ids, or events in that of the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from daybook.domain.events import Event
from daybook.errors import DaybookError
from daybook.journal import Journal
from daybook.projecting.build import INDEXING
from daybook.projecting.change import Rows, rows_of_events, rows_of_streams
from daybook.projecting.cursor import Cursor
from daybook.projecting.projection import LogProjection, SoundProjection, StateProjection

_IDS_END: Final = 1 << 128


@dataclass(frozen=True, slots=True)
class Loaded:
    """Rows for empty places in the code's tables, and what they change in the cursor."""

    rows: Rows
    values: dict[str, Any]


def load(projection: SoundProjection, journal: Journal, cursor: Cursor, events_max: int) -> Loaded:
    """The rows that follow those which the cursor tells of, of about so many events; none at the end of the load."""
    if isinstance(projection, LogProjection):
        return _load_events(projection, journal, cursor, events_max)
    return _load_streams(projection, journal, cursor, events_max)


def culprit(projection: SoundProjection, journal: Journal, cursor: Cursor) -> int | None:
    """The position at which the load cannot go on; None where it cannot be read, and the error itself names it."""
    if isinstance(projection, LogProjection):
        return int(cursor.done or 0) + 1
    try:
        streams = _next_streams(projection, journal, cursor, 1)
    except DaybookError:
        return None
    return max(event.position for event in streams[0]) if streams else None


def _next_streams(projection: StateProjection, journal: Journal, cursor: Cursor, events_max: int) -> list[list[Event]]:
    after = None if cursor.done is None else UUID(hex=cursor.done)
    return journal.scan_streams(after, cursor.upto or 0, projection.rows.keys(), events_max)


def _load_streams(projection: StateProjection, journal: Journal, cursor: Cursor, events_max: int) -> Loaded:
    streams = _next_streams(projection, journal, cursor, events_max)
    if not streams:
        return _end(cursor)
    last = streams[-1][0].originator_id
    # Ids of streams are hashes, spread evenly: counting what is left would mean reading all of it.
    passed = (cursor.upto or 0) * last.int // _IDS_END
    return Loaded(rows_of_streams(projection, streams), {"done": last.hex, "events_done": passed})


def _load_events(projection: LogProjection, journal: Journal, cursor: Cursor, events_max: int) -> Loaded:
    upto, after = cursor.upto or 0, int(cursor.done or 0)
    events = journal.select_events_after(after, min(events_max, upto - after)) if after < upto else []
    if not events:
        return _end(cursor)
    last = events[-1].position
    return Loaded(rows_of_events(projection, events), {"done": str(last), "events_done": last})


def _end(cursor: Cursor) -> Loaded:
    return Loaded({}, {"done": INDEXING, "events_done": cursor.events_total or 0})
