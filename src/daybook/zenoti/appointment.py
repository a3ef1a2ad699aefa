"""`Appointment.Started` and `.Completed`, and every other list of appointments of one visit, as appointment events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec import UNSET
from pydantic import AliasChoices, Field

from daybook.domain import appointment
from daybook.domain.appointment import AppointmentEvent
from daybook.zenoti.reading import Bool, Center, Id, Int, Reading, Text, Utc, read_id, read_list, spelled
from daybook.zenoti.subjects import FAN_OUT_MAX, Subjects, Telling

TYPES: Final[Mapping[str, type[AppointmentEvent]]] = MappingProxyType(
    {"Appointment.Started": appointment.Started, "Appointment.Completed": appointment.Completed}
)
_BY_PROGRESS: Final = (appointment.Scheduled, appointment.Started, appointment.Completed)


class Group(Reading):
    """What the body around the list tells of every appointment in it."""

    appointment_group_id: Id = UNSET
    center_id: Id = UNSET
    invoice_id: Id = UNSET
    invoice_number: Text = UNSET


class Entry(Reading):
    """One entry of `appointments`. `start_time` is UTC without a zone, `…_in_center` wall clock (wire)."""

    progress: Int = Field(default=UNSET, validation_alias="appointmentprogress")
    invoice_item_id: Id = UNSET
    service_id: Id = UNSET
    service_name: Text = UNSET
    therapist_id: Id = UNSET
    therapist_name: Text = UNSET
    room_id: Id = UNSET
    room_name: Text = UNSET
    equipment_id: Id = UNSET
    equipment_name: Text = UNSET
    start_time_utc: Utc = Field(default=UNSET, validation_alias="starttime")
    end_time_utc: Utc = Field(default=UNSET, validation_alias="endtime")
    start_time_in_center: Center = UNSET
    end_time_in_center: Center = UNSET
    service_duration_minutes: Int = Field(
        default=UNSET,
        # Zenoti's own slip of the pen in `serviceduration_in_miutes` (sample), and the right spelling (sample).
        validation_alias=AliasChoices("servicedurationinminutes", "servicedurationinmiutes"),
    )
    has_add_ons: Bool = UNSET
    is_add_on: Bool = UNSET
    is_recurring: Bool = UNSET
    appointment_type: Int = UNSET
    therapist_request_type: Int = UNSET


def events(event_type: type[AppointmentEvent], data: Mapping[str, Any], telling: Telling) -> list[AppointmentEvent]:
    """One event for each appointment in the list, of the type its own progress tells, else of the webhook's.

    Raises `UnreadableError` with the reason `no_subject`, `invalid_id`, `invalid_list` or `too_many_subjects`.
    """
    fields = spelled(data)
    subjects = read_entries(fields, telling)
    return told_of(event_type, fields, subjects.items("appointment", telling.notes), telling)


def read_entries(fields: Mapping[str, Any], telling: Telling, aggregates_max: int = FAN_OUT_MAX) -> Subjects:
    """The entries of the list, each appointment once; raises as `events` does, but for a list that names none."""
    subjects = Subjects(aggregates_max)
    for entry in read_list(fields.get("appointments"), "appointments"):
        own = spelled(entry) if isinstance(entry, dict) else {}
        subject_id = read_id(own.get("id"), "appointments.id")
        told = Entry.model_validate(own, context=telling.notes).told()
        if not subjects.add(subject_id, told) and subject_id is not None:
            _merge(subjects.get(subject_id), told)
    return subjects


def told_of(
    event_type: type[AppointmentEvent],
    fields: Mapping[str, Any],
    entries: Iterable[tuple[str, Mapping[str, Any]]],
    telling: Telling,
) -> list[AppointmentEvent]:
    """The event of every entry, with what the body around the list tells of all of them."""
    group = Group.model_validate(fields, context=telling.notes).told()
    return [telling.event(_type_of(told, event_type), subject_id, group, told) for subject_id, told in entries]


def _merge(first: dict[str, Any] | None, again: dict[str, Any]) -> None:
    """One id twice in a list: the first told fields, and the highest progress."""
    if first is None:
        return
    progress = max((told["progress"] for told in (first, again) if told.get("progress") in (0, 1, 2)), default=None)
    for name, value in again.items():
        if first.get(name) is None:
            first[name] = value
    if progress is not None:
        first["progress"] = progress


def _type_of(told: Mapping[str, Any], webhook: type[AppointmentEvent]) -> type[AppointmentEvent]:
    progress = told.get("progress")
    return _BY_PROGRESS[progress] if progress in (0, 1, 2) else webhook
