"""What happened, event by event: to one aggregate, or to all that belong together, with twins marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from daybook.domain import fold, visit
from daybook.domain.events import Event
from daybook.domain.identity import Kind, stream_id
from daybook.domain.telling import told_id
from daybook.domain.twin import twins
from daybook.journal import Journal

GROUPS_MAX: Final = 100
"""So many groups of one appointment are looked at, those that it was in last."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, and what it changed of its own aggregate."""

    told: fold.HistoryEntry
    twin_of: UUID | None
    """The delivery that told the same fact first, in order of occurrence; None where this one did."""


def history_of(journal: Journal, source: str, kind: Kind, subject_id: str) -> list[Entry]:
    """The events of one aggregate, of an appointment also those of all groups it ever was in, in order of occurrence.

    Empty where nothing was told of the aggregate itself.
    """
    events = journal.stream(stream_id(source, kind, subject_id))
    groups = [stream_id(source, Kind.APPOINTMENT_GROUP, group_id) for group_id in _groups_of(events)]
    return interleaved([events, *journal.streams(groups).values()]) if groups else interleaved([events])


def _groups_of(events: Iterable[Event]) -> list[str]:
    """The groups that an appointment was told to be in, the last one first."""
    told = [told_id(getattr(event, "appointment_group_id", None)) for event in fold.in_order_of_occurrence(events)]
    return list(dict.fromkeys(group_id for group_id in reversed(told) if isinstance(group_id, str)))[:GROUPS_MAX]


def interleaved(streams: Iterable[Sequence[Event]]) -> list[Entry]:
    """The histories of several aggregates as one, in order of occurrence."""
    known = [stream for stream in streams if stream]
    twin_of = {stream[0].originator_id: twins(stream) for stream in known}
    return [
        Entry(entry, twin_of[entry.event.originator_id].get(entry.event.delivery_id))
        for entry in visit.interleaved(*(fold.history(stream) for stream in known))
    ]
