"""From rows and events to the shapes of the API. Free of the web framework, since the command line tells the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec

from daybook.domain import fold
from daybook.domain.instants import format_instant, parse_instant
from daybook.errors import InvalidInstantError
from daybook.web.shapes import (
    Appointment,
    Change,
    FeedbackInBrief,
    Finding,
    HistoryEntry,
    Registration,
    SessionInBrief,
)

S = TypeVar("S", bound=msgspec.Struct)
F = TypeVar("F", bound=FeedbackInBrief)

_SECOND_NS: Final = 1_000_000_000


def shape(kind: type[S], row: Mapping[str, Any], **more: object) -> S:
    """A row of a read model as the API tells it: instants in nanoseconds become text, ids text."""
    told: dict[str, Any] = dict(more)
    for field in msgspec.structs.fields(kind):
        name = field.name
        if name in told:
            continue
        if f"{name}_ns" in row:
            told[name] = instant(row[f"{name}_ns"])
        elif name in row:
            told[name] = row[name]
    return kind(**told)


def instant(at_ns: int | None) -> str | None:
    """RFC 3339 text of an instant, null of none."""
    return None if at_ns is None else format_instant(at_ns)


def delay_s(occurred_at_ns: int, recorded_at_ns: int) -> float:
    """From occurrence to recording, in seconds."""
    return (recorded_at_ns - occurred_at_ns) / _SECOND_NS


def findings(found: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """What cannot be right, with what it suggests."""
    return [shape(Finding, one) for one in found]


def appointment(row: Mapping[str, Any]) -> Appointment:
    """An appointment, with what its group tells of it."""
    return shape(Appointment, row, **beside(row))


def beside(row: Mapping[str, Any]) -> dict[str, object]:
    """What an appointment's own columns do not tell, or not as the API tells it."""
    clocks = (("start_time", "start_time_in_center"), ("end_time", "end_time_in_center"))
    both = any(row.get(utc) is not None and row.get(center) is not None for utc, center in clocks)
    return {
        # What another time told of the center's clock says nothing of this one.
        "utc_offset_minutes": row.get("utc_offset_minutes") if both else None,
        "feedback": feedback(row, FeedbackInBrief),
        "findings": findings(row["findings"]),
    }


def feedback(group: Mapping[str, Any], kind: type[F], **more: object) -> F | None:
    """What was given on a visit, from the columns of its group; None where nothing was."""
    if group.get("feedback_at_ns") is None:
        return None
    told = {name.removeprefix("feedback_"): value for name, value in group.items() if name.startswith("feedback_")}
    delivery_id = str(UUID(told["delivery_id"]))
    return shape(kind, told, given_at=instant(told["at_ns"]), delivery_id=delivery_id, **more)


def registration(row: Mapping[str, Any]) -> Registration:
    """A registration, with what it is for."""
    session = row["session"]
    return shape(
        Registration,
        row,
        session=session and shape(SessionInBrief, session, **session_times(session, ("start_time", "end_time"))),
        findings=findings(row["findings"]),
    )


def session_times(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, str | None]:
    """Of a class session, under the names that the API has for them."""
    return {name: row.get(f"{name}_unproven") for name in names}


def history_entry(entry: fold.HistoryEntry, twin_of: UUID | None = None) -> HistoryEntry:
    """One event, with what it changed, as the API tells it."""
    event = entry.event
    return HistoryEntry(
        kind=event.KIND.value,
        subject_id=event.subject_id,
        position=event.position,
        version=event.originator_version,
        type=event.type_name(),
        zenoti_type=event.zenoti_type,
        event_id=event.event_id,
        occurred_at=format_instant(event.occurred_at_ns),
        recorded_at=format_instant(event.recorded_at_ns),
        time_basis=event.time_basis,
        role=event.role,
        late=entry.late,
        delay_s=delay_s(event.occurred_at_ns, event.recorded_at_ns),
        changes=dict(_change(name, *values) for name, values in entry.changes.items()),
        delivery_id=str(event.delivery_id),
        origin=event.origin,
        signature=event.signature,
        twin_of=None if twin_of is None else str(twin_of),
    )


def _change(
    name: str,
    before: Any,  # noqa: ANN401  any field of any state
    after: Any,  # noqa: ANN401  as above
) -> tuple[str, Change]:
    """A change under the name and in the spelling that the state has in the API."""
    if name == "appointment_ids":
        had, has = dict.fromkeys(before or ()), dict.fromkeys(after or ())
        added, removed = [one for one in has if one not in had], [one for one in had if one not in has]
        return name, Change(added=added, removed=removed)
    if name.endswith("_at_ns"):
        return name.removesuffix("_ns"), Change(instant(before), instant(after))
    if name.endswith("_time_utc"):
        return name.removesuffix("_utc"), Change(_utc(before), _utc(after))
    if name == "status":
        # A group's can be the number of a code that has no name.
        return name, Change(None if before is None else str(before), None if after is None else str(after))
    return name.removesuffix("_unproven"), Change(before, after)


def _utc(told: str | None) -> str | None:
    """Told without a zone but in UTC; None where it cannot be read."""
    try:
        return None if told is None else format_instant(parse_instant(told))
    except InvalidInstantError:
        return None
