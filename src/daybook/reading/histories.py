"""What happened, event by event: to one aggregate, or to all that belong together, with twins marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from daybook.domain import fold, visit
from daybook.domain.appointment import Appointment
from daybook.domain.events import Event
from daybook.domain.identity import Kind, stream_id
from daybook.domain.twin import twins
from daybook.journal import Journal


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, and what it changed of its own aggregate."""

    told: fold.HistoryEntry
    twin_of: UUID | None
    """The delivery that told the same fact first, in order of occurrence; None where this one did."""


def history_of(journal: Journal, source: str, kind: Kind, subject_id: str) -> list[Entry]:
    """The events of one aggregate, of an appointment also those of its group, in order of occurrence.

    Empty where nothing was told of the aggregate itself.
    """
    events = journal.stream(stream_id(source, kind, subject_id))
    state = fold.fold(events)
    if isinstance(state, Appointment) and isinstance(state.appointment_group_id, str):
        group = journal.stream(stream_id(source, Kind.APPOINTMENT_GROUP, state.appointment_group_id))
        return interleaved([events, group])
    return interleaved([events])


def interleaved(streams: Iterable[Sequence[Event]]) -> list[Entry]:
    """The histories of several aggregates as one, in order of occurrence."""
    known = [stream for stream in streams if stream]
    twin_of = {stream[0].originator_id: twins(stream) for stream in known}
    return [
        Entry(entry, twin_of[entry.event.originator_id].get(entry.event.delivery_id))
        for entry in visit.interleaved(*(fold.history(stream) for stream in known))
    ]
