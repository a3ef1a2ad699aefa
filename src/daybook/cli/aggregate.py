"""One registration or appointment as the journal tells it now, in the shape of the API.

Folded afresh from its stream by the projection's own row function, so that it needs no server, waits for no follower,
and still says the same as the API once that has caught up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from daybook.domain.fold import HistoryEntry, history
from daybook.domain.identity import Kind, normalize_id, stream_id
from daybook.domain.instants import format_instant, parse_instant
from daybook.errors import DaybookError, InvalidInstantError, ProjectionError
from daybook.projecting.change import changes_of
from daybook.projecting.projection import BrokenProjection
from daybook.web.shapes import Appointment, Registration, shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daybook.bootstrap import Daybook
    from daybook.domain.events import Event

_SHAPES: Final[Mapping[Kind, tuple[str, type[msgspec.Struct]]]] = {
    Kind.REGISTRATION: ("registrations", Registration),
    Kind.APPOINTMENT: ("appointments", Appointment),
}
_SECOND_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Aggregate:
    """State and history of one registration or appointment."""

    state: Mapping[str, Any]
    history: Sequence[Mapping[str, Any]]
    """In the order of occurrence."""


def read_aggregate(daybook: Daybook, kind: Kind, source: str, told_id: str) -> Aggregate:
    """What the journal tells up to its end; raises `DaybookError` where it tells nothing."""
    subject_id = normalize_id(told_id)
    events = daybook.journal.stream(stream_id(source, kind, subject_id))
    if not events:
        raise DaybookError(f"source {source} has told nothing of {kind} {subject_id} ({daybook.settings.database_url})")
    return Aggregate(_state(daybook, kind, events), [_entry(entry) for entry in history(events)])


def _state(daybook: Daybook, kind: Kind, events: Sequence[Event]) -> dict[str, Any]:
    name, kind_of_shape = _SHAPES[kind]
    projection = daybook.projections.get(name)
    if projection is None or isinstance(projection, BrokenProjection):
        raise ProjectionError(f"the projection {name} cannot be used: {projection.reason if projection else 'missing'}")
    (change,) = changes_of(projection, events, lambda ids, _upto: dict.fromkeys(ids, events))
    (row,) = change.rows
    told: dict[str, Any] = msgspec.to_builtins(shape(kind_of_shape, row))
    return told


def _entry(entry: HistoryEntry) -> dict[str, Any]:
    event = entry.event
    return {
        "position": event.position,
        "version": event.originator_version,
        "type": event.type_name(),
        "zenoti_type": event.zenoti_type,
        "event_id": event.event_id,
        "occurred_at": format_instant(event.occurred_at_ns),
        "recorded_at": format_instant(event.recorded_at_ns),
        "time_basis": event.time_basis,
        "role": event.role,
        "late": entry.late,
        "delay_s": (event.recorded_at_ns - event.occurred_at_ns) / _SECOND_NS,
        "changes": dict(_change(name, *change) for name, change in entry.changes.items()),
        "delivery_id": str(event.delivery_id),
        "origin": event.origin,
        "signature": event.signature,
    }


def _change(name: str, before: object, after: object) -> tuple[str, dict[str, Any]]:
    """A change under the name and in the spelling that the state has in the API."""
    if name.endswith("_at_ns"):
        return name.removesuffix("_ns"), {"from": _instant(before), "to": _instant(after)}
    if name.endswith("_time_utc"):
        return name.removesuffix("_utc"), {"from": _utc(before), "to": _utc(after)}
    return name, {"from": before, "to": after}


def _instant(at_ns: object) -> str | None:
    return format_instant(at_ns) if isinstance(at_ns, int) else None


def _utc(told: object) -> str | None:
    """Told without a zone but in UTC; None where it cannot be read."""
    try:
        return None if told is None else format_instant(parse_instant(told))
    except InvalidInstantError:
        return None
