"""What the rows of a part of a projection should be: posted from the journal once more, by its own code."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast
from uuid import UUID

from daybook.domain.events import Event
from daybook.domain.identity import Kind
from daybook.journal import Journal
from daybook.journal.mapper import RecordedEvent
from daybook.projecting.change import Rows, rows_of_events, rows_of_streams
from daybook.projecting.projection import LogProjection, SoundProjection
from daybook.projecting.reason import reason_of
from daybook.verifying.pages import events_after, streams_after

Key: TypeAlias = UUID | int | None
"""Of a state projection the stream, of a log projection the position; None stands for either end."""


@dataclass(slots=True)
class Batch:
    """All events that the rows of a range of keys are made from."""

    after: Key
    """The range begins behind this."""
    last: Key
    """And ends with this."""
    units: dict[Any, list[Event]] = field(default_factory=dict)
    """By key as the column has it: a whole stream, or one event."""
    unreadable: set[Any] = field(default_factory=set)
    """Keys of which an event cannot be decoded, which is told where the journal is looked at."""

    def subject_of(self, key: Any) -> Event | None:  # noqa: ANN401  as the column has it
        """An event of this key, which tells what it is about; None for a key that the journal does not know."""
        events = self.units.get(key)
        return events[0] if events else None


def state_batch(journal: Journal, after: Key, upto: int, kinds: Collection[Kind], limit: int) -> Batch:
    """The whole streams behind one of them."""
    streams = streams_after(journal, after if isinstance(after, UUID) else None, upto, kinds, limit)
    batch = Batch(after, cast("UUID", streams[-1][0].originator_id) if streams else None)
    for stored in streams:
        _add(journal, batch, cast("UUID", stored[0].originator_id).hex, stored)
    return batch


def log_batch(journal: Journal, after: Key, upto: int, limit: int) -> Batch:
    """The events behind a position."""
    found = events_after(journal, after if isinstance(after, int) else 0, upto, limit)
    batch = Batch(after, found[-1].id if found else None)
    for stored in found:
        _add(journal, batch, stored.id, [stored])
    return batch


def _add(journal: Journal, batch: Batch, key: Any, stored: Sequence[RecordedEvent]) -> None:  # noqa: ANN401
    try:
        events: list[Any] = [journal.mapper.to_domain_event(event) for event in stored]
    except Exception:  # noqa: BLE001  whatever a stored event does to its decoder
        batch.unreadable.add(key)
    else:
        batch.units[key] = events


def posted(code: SoundProjection, batch: Batch) -> tuple[Rows, dict[Any, str]]:
    """The rows by table, and the keys at which the projection's code fails, with the reason."""
    failed: dict[Any, str] = {}
    try:
        return _rows(code, batch.units.values()), failed
    except Exception:  # noqa: BLE001  a projection's function may raise anything: each key on its own then
        rows: Rows = {table: [] for table in code.tables}
    for key, events in batch.units.items():
        try:
            made = _rows(code, [events])
        except Exception as error:  # noqa: BLE001  as above
            failed[key] = reason_of(error)
        else:
            for table in code.tables:
                rows[table] += made[table]
    return rows, failed


def _rows(code: SoundProjection, units: Collection[Sequence[Event]]) -> Rows:
    if isinstance(code, LogProjection):
        return rows_of_events(code, (event for unit in units for event in unit))
    return rows_of_streams(code, units)
