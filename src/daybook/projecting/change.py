"""From a batch of events to the rows that a projection makes of it: pure, but for the streams it asks for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import Table

from daybook.domain.events import Event
from daybook.domain.fold import fold
from daybook.errors import ProjectionError
from daybook.projecting.projection import LogProjection, Row, SoundProjection, StateProjection

Streams: TypeAlias = Callable[[Collection[UUID], int], Mapping[UUID, Sequence[Event]]]
"""Whole streams by id, up to and including a position."""

Rows: TypeAlias = dict[Table, list[dict[str, Any]]]

_FIRST_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Change:
    """All rows of these keys in this table, as they are from now on."""

    table: Table
    key: str
    keys: Sequence[Any]
    rows: Sequence[Mapping[str, Any]] = ()


def changes_of(projection: SoundProjection, events: Sequence[Event], streams: Streams) -> list[Change]:
    """What these events, which follow each other in the journal, change in the projection's tables."""
    if isinstance(projection, LogProjection):
        return _log_changes(projection, events)
    return _state_changes(projection, events, streams)


def rows_of_events(projection: LogProjection, events: Iterable[Event]) -> Rows:
    """All rows of these events, by table."""
    rows = _no_rows(projection)
    for event in events:
        told = {
            "position": event.position,
            "stream_id": event.originator_id.hex,
            "version": event.originator_version,
            "source": event.source,
            "occurred_at_ns": event.occurred_at_ns,
            "time_basis": event.time_basis,
            "recorded_at_ns": event.recorded_at_ns,
        }
        _add(rows, projection.rows(event), told)
    return rows


def rows_of_streams(projection: StateProjection, streams: Iterable[Sequence[Event]]) -> Rows:
    """All rows of these aggregates, by table; each stream is whole."""
    rows = _no_rows(projection)
    for stream in streams:
        state = fold(stream)
        if state is None:
            continue  # everything that was told of it was withdrawn
        told = {
            "stream_id": stream[0].originator_id.hex,
            "source": state.source,
            "occurred_at_ns": state.occurred_at_ns,
            "time_basis": state.time_basis,
            "recorded_at_ns": state.recorded_at_ns,
            "version": state.version,
            "position": state.position,
        }
        _add(rows, projection.rows[stream[0].KIND](state), told)
    return rows


def _log_changes(projection: LogProjection, events: Sequence[Event]) -> list[Change]:
    return _changes(projection, [event.position for event in events], rows_of_events(projection, events))


def _state_changes(projection: StateProjection, events: Sequence[Event], streams: Streams) -> list[Change]:
    touched: dict[UUID, list[Event]] = {}
    for event in events:
        if event.KIND in projection.rows:
            touched.setdefault(event.originator_id, []).append(event)
    # A stream that begins in this batch is in it as a whole.
    begun_before = [id_ for id_, own in touched.items() if own[0].originator_version > _FIRST_VERSION]
    if begun_before:
        touched.update((id_, list(stream)) for id_, stream in streams(begun_before, events[-1].position).items())
    keys = [stream_id.hex for stream_id in touched]
    return _changes(projection, keys, rows_of_streams(projection, touched.values()))


def _changes(projection: SoundProjection, keys: Sequence[Any], rows: Rows) -> list[Change]:
    return [Change(table, projection.KEY, keys, rows[table]) for table in projection.tables] if keys else []


def _no_rows(projection: SoundProjection) -> Rows:
    return {table: [] for table in projection.tables}


def _add(rows: Rows, made: Iterable[Row], told: Mapping[str, Any]) -> None:
    for table, row in made:
        if table not in rows:
            raise ProjectionError(f"a row is for the table {table.name}, which is not one of the projection's own")
        rows[table].append({**told, **row})
