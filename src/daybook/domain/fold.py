"""The one fold from events to state, used by the aggregates, the projections, the rebuild and time travel alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from daybook.domain.aggregates import AGGREGATES
from daybook.domain.events import Event

_GIVEN = frozenset({"class_version", "translation", "originator_version", "position", "recorded_at_ns"})
_BOOKKEEPING = frozenset(
    {"id", "source", "created_by_itself", "occurred_at_ns", "time_basis", "recorded_at_ns", "version", "position"}
    | {"place", "list_place", "also_listed", "utc_offset", "feedback_delivery_id"}
    | {"maybe_created", "was_untimed", "no_show_after_cancelled", "was_started", "was_listed"}
    | {"started_after_completed", "unknown_status_at_ns", "after_deleted"}
)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One event in the order of occurrence, and what it changed there."""

    event: Event
    late: bool
    """Recorded after an event that occurred later."""
    changes: Mapping[str, tuple[Any, Any]]
    """Field of the state to its value before and after; instants are integers named `…_at_ns`."""


def in_order_of_occurrence(events: Iterable[Event]) -> list[Event]:
    """The events that count, sorted: of one delivery's readings the last one, unless that withdraws it."""
    latest = latest_readings(events).values()
    return sorted([event for event in latest if not event.WITHDRAWS], key=lambda event: event.order_of_occurrence)


def latest_readings(events: Iterable[Event]) -> dict[UUID, Event]:
    """By delivery, of the events of one aggregate the one by the highest version of the translation."""
    latest: dict[UUID, Event] = {}
    for event in events:
        other = latest.get(event.delivery_id)
        if other is None or _reading(event) > _reading(other):
            latest[event.delivery_id] = event
    return latest


def withdrawal(event: Event, translation: int) -> Event:
    """The event by which this version of the translation takes another one back; it takes that one's place."""
    withdrawn = AGGREGATES[event.KIND].withdrawn
    told = {
        name: getattr(event, name)
        for name in event.__struct_fields__
        if name in withdrawn.__struct_fields__ and name not in _GIVEN
    }
    return withdrawn(**told, translation=translation)


def fold(events: Iterable[Event]) -> Any:  # noqa: ANN401  the state's type follows from the events' kind
    """The state of one aggregate from all its events, in whatever order they are given.

    None where there are none, or where all of them were withdrawn: then nothing was ever told of it.
    """
    recorded = list(events)
    state = None
    for _, state in _steps(recorded):  # noqa: B007  the last one is what counts
        pass
    if state is None:
        return None
    last = max(recorded, key=lambda event: event.originator_version)
    return msgspec.structs.replace(
        state, version=last.originator_version, position=last.position, recorded_at_ns=last.recorded_at_ns
    )


def history(events: Iterable[Event]) -> list[HistoryEntry]:
    """The events of one aggregate in order of occurrence, each with what it changed at its place."""
    steps = list(_steps(events))
    earliest_later = float("inf")
    late: set[int] = set()
    for event, _ in reversed(steps):
        if event.originator_version > earliest_later:
            late.add(event.originator_version)
        earliest_later = min(earliest_later, event.originator_version)
    entries: list[HistoryEntry] = []
    before: dict[str, Any] = {}
    for event, state in steps:
        before = before or facts(AGGREGATES[event.KIND].begin(event))
        after = facts(state)
        changes = {name: (before[name], value) for name, value in after.items() if before[name] != value}
        entries.append(HistoryEntry(event, event.originator_version in late, changes))
        before = after
    return entries


def facts(state: Any) -> dict[str, Any]:  # noqa: ANN401  any aggregate's state
    """What a state tells of its subject: its fields without bookkeeping, None for what was not told."""
    return {
        name: None if (value := getattr(state, name)) is UNSET else value
        for name in state.__struct_fields__
        if name not in _BOOKKEEPING
    }


def _reading(event: Event) -> tuple[int, int]:
    return event.translation, event.originator_version


def _steps(events: Iterable[Event]) -> Iterator[tuple[Event, Any]]:
    state = None
    for event in in_order_of_occurrence(events):
        aggregate = AGGREGATES[event.KIND]
        state = aggregate.evolve(aggregate.begin(event) if state is None else state, event)
        yield event, state
