"""An appointment: one service at one time with one therapist, and how far it has got."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import UNSET

from daybook.domain.clock import Offset, ToldCenter, ToldUtc, is_same_time, offset
from daybook.domain.contradiction import Contradiction
from daybook.domain.events import Event, TimeBasis, ToldBool, ToldId, ToldInt, ToldText
from daybook.domain.identity import Kind
from daybook.domain.occurrence import place
from daybook.domain.telling import told_id, told_value

Progress: TypeAlias = Literal["not_started", "started", "completed"]

_PROGRESS: Final[tuple[Progress, ...]] = ("not_started", "started", "completed")
"""Zenoti's codes 0, 1 and 2, in their order."""
_LISTING: Final = "AppointmentGroup."
_ID_FIELDS: Final = (
    "appointment_group_id",
    "center_id",
    "invoice_id",
    "invoice_item_id",
    "service_id",
    "therapist_id",
    "room_id",
    "equipment_id",
)
_VALUE_FIELDS: Final = (
    "invoice_number",
    "service_name",
    "therapist_name",
    "room_name",
    "equipment_name",
    "start_time_utc",
    "end_time_utc",
    "start_time_in_center",
    "end_time_in_center",
    "service_duration_minutes",
    "has_add_ons",
    "is_add_on",
    "is_recurring",
    "appointment_type",
    "therapist_request_type",
)
_TIMES: Final = (("start_time_utc", "start_time_in_center"), ("end_time_utc", "end_time_in_center"))
"""One moment each, told by two clocks."""


class AppointmentEvent(Event, frozen=True, kw_only=True):
    """What one entry of an `appointments` list, and the group around it, can tell of one appointment, as told.

    Times are text: `…_utc` told without a zone but in UTC, `…_in_center` wall clock at the center.
    """

    KIND: ClassVar[Kind] = Kind.APPOINTMENT
    PROGRESS: ClassVar[int | None]

    progress: ToldInt = UNSET
    appointment_group_id: ToldId = UNSET
    center_id: ToldId = UNSET
    invoice_id: ToldId = UNSET
    invoice_number: ToldText = UNSET
    invoice_item_id: ToldId = UNSET
    service_id: ToldId = UNSET
    service_name: ToldText = UNSET
    therapist_id: ToldId = UNSET
    therapist_name: ToldText = UNSET
    room_id: ToldId = UNSET
    room_name: ToldText = UNSET
    equipment_id: ToldId = UNSET
    equipment_name: ToldText = UNSET
    start_time_utc: ToldUtc = UNSET
    end_time_utc: ToldUtc = UNSET
    start_time_in_center: ToldCenter = UNSET
    end_time_in_center: ToldCenter = UNSET
    service_duration_minutes: ToldInt = UNSET
    has_add_ons: ToldBool = UNSET
    is_add_on: ToldBool = UNSET
    is_recurring: ToldBool = UNSET
    appointment_type: ToldInt = UNSET
    therapist_request_type: ToldInt = UNSET


class Scheduled(AppointmentEvent, frozen=True, kw_only=True):
    """The appointment is in the book, as its group's list or an entry without progress tells."""

    TOPIC: ClassVar[str] = "daybook:Appointment.Scheduled"
    PROGRESS: ClassVar[int | None] = None


class Started(AppointmentEvent, frozen=True, kw_only=True):
    """The service began."""

    TOPIC: ClassVar[str] = "daybook:Appointment.Started"
    PROGRESS: ClassVar[int | None] = 1


class Completed(AppointmentEvent, frozen=True, kw_only=True):
    """The service was done."""

    TOPIC: ClassVar[str] = "daybook:Appointment.Completed"
    PROGRESS: ClassVar[int | None] = 2


class Withdrawn(AppointmentEvent, frozen=True, kw_only=True):
    """What a delivery was thought to tell of the appointment, it does not tell; the fields are what is withdrawn."""

    TOPIC: ClassVar[str] = "daybook:Appointment.Withdrawn"
    LEVEL: ClassVar[int] = 2
    PROGRESS: ClassVar[int | None] = None
    WITHDRAWS: ClassVar[bool] = True


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """The state of an appointment: the fold of its events in order of occurrence."""

    id: UUID
    source: str
    appointment_id: str
    progress: Progress = "not_started"
    started_at_ns: int | None = None
    completed_at_ns: int | None = None
    appointment_group_id: ToldId = UNSET
    center_id: ToldId = UNSET
    invoice_id: ToldId = UNSET
    invoice_number: ToldText = UNSET
    invoice_item_id: ToldId = UNSET
    service_id: ToldId = UNSET
    service_name: ToldText = UNSET
    therapist_id: ToldId = UNSET
    therapist_name: ToldText = UNSET
    room_id: ToldId = UNSET
    room_name: ToldText = UNSET
    equipment_id: ToldId = UNSET
    equipment_name: ToldText = UNSET
    start_time_utc: ToldUtc = UNSET
    end_time_utc: ToldUtc = UNSET
    start_time_in_center: ToldCenter = UNSET
    end_time_in_center: ToldCenter = UNSET
    service_duration_minutes: ToldInt = UNSET
    has_add_ons: ToldBool = UNSET
    is_add_on: ToldBool = UNSET
    is_recurring: ToldBool = UNSET
    appointment_type: ToldInt = UNSET
    therapist_request_type: ToldInt = UNSET
    utc_offset: Offset | None = None
    """The center's offset at the start, or else at the end, of the last event that told it in UTC and wall clock."""
    place: str = ""
    """Where the last event stands in the order of occurrence."""
    was_started: bool = False
    """Whether anything ever told that it was under way, also too late to change its progress."""
    was_listed: bool = False
    """Whether a list of `AppointmentGroup.*` ever named it."""
    started_after_completed: Contradiction = Contradiction()
    occurred_at_ns: int = 0
    time_basis: TimeBasis = "event"
    recorded_at_ns: int = 0
    version: int = 0
    position: int = 0


def begin(event: AppointmentEvent) -> Appointment:
    """The state before the first event."""
    return Appointment(id=event.originator_id, source=event.source, appointment_id=event.subject_id)


def evolve(state: Appointment, event: AppointmentEvent) -> Appointment:
    """The state after one more event; events come in order of occurrence, not of arrival."""
    changes: dict[str, Any] = {
        "occurred_at_ns": event.occurred_at_ns,
        "time_basis": event.time_basis,
        "place": place(event),
        "utc_offset": _offset(event) or state.utc_offset,
    }
    told = {name: told_id(getattr(event, name)) for name in _ID_FIELDS}
    told.update((name, told_value(getattr(event, name))) for name in _VALUE_FIELDS)
    changes.update((name, value) for name, value in told.items() if value is not UNSET)
    changes.update((name, UNSET) for name in _outdated(state, told))
    progress = _told_progress(event)
    changes.update(_progress(state, event, progress))
    changes.update(_doubts(state, event, progress))
    return msgspec.structs.replace(state, **changes)


def _offset(event: AppointmentEvent) -> Offset | None:
    """Of one event alone: an older wall clock beside a newer UTC time would tell an offset that never was."""
    start = offset(event.start_time_utc, event.start_time_in_center)
    return start or offset(event.end_time_utc, event.end_time_in_center)


def _outdated(state: Appointment, told: Mapping[str, Any]) -> Iterator[str]:
    """The clock that says nothing of a moment which the other one tells anew: beside that, its old time is wrong."""
    for utc, center in _TIMES:
        if told[utc] is UNSET and told[center] is not UNSET and not is_same_time(told[center], getattr(state, center)):
            yield utc
        if told[center] is UNSET and told[utc] is not UNSET and not is_same_time(told[utc], getattr(state, utc)):
            yield center


def _told_progress(event: AppointmentEvent) -> int | None:
    """The entry's own code decides; the type of the event only where that is absent or unknown."""
    return event.progress if isinstance(event.progress, int) and event.progress in (0, 1, 2) else event.PROGRESS


def _progress(state: Appointment, event: AppointmentEvent, told: int | None) -> dict[str, Any]:
    if told is None:
        return {}
    before = _PROGRESS.index(state.progress)
    bare = event.time_basis == "arrival"
    if told == before or (bare and told < before):
        return {}
    progress = _PROGRESS[told]
    return {"progress": progress} if told == 0 else {"progress": progress, f"{progress}_at_ns": event.occurred_at_ns}


def _doubts(state: Appointment, event: AppointmentEvent, told: int | None) -> dict[str, Any]:
    """What findings follow from, beside the progress."""
    changes: dict[str, Any] = {}
    if event.zenoti_type.startswith(_LISTING):
        changes["was_listed"] = True
    match told:
        case 0:
            changes["started_after_completed"] = state.started_after_completed.allowed(event)
        case 1:
            changes["was_started"] = True
            changes["started_after_completed"] = state.started_after_completed.happened(event)
        case 2:
            changes["started_after_completed"] = state.started_after_completed.ruled_out(event)
    return changes
