"""`AppointmentGroup.*`: one visit as an event of its group, and its list as events of the appointments in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from msgspec import UNSET
from pydantic import Field

from daybook.domain import appointment_group
from daybook.domain.appointment import Scheduled
from daybook.domain.appointment_group import AppointmentGroupEvent, Listed
from daybook.domain.events import Event
from daybook.domain.identity import means_none
from daybook.zenoti.appointment import read_entries, told_of
from daybook.zenoti.document import UnreadableError
from daybook.zenoti.reading import Bool, Id, Int, Notes, Reading, Text, read_id, spelled
from daybook.zenoti.subjects import FAN_OUT_MAX, Telling, read_subject

TYPES: Final[Mapping[str, type[AppointmentGroupEvent]]] = MappingProxyType(
    {
        "AppointmentGroup.Created": appointment_group.Listed,
        "AppointmentGroup.Updated": appointment_group.Listed,
        "AppointmentGroup.Delete": appointment_group.Deleted,
        "AppointmentGroup.Status": appointment_group.StatusChanged,
    }
)


class Visit(Reading):
    """What every body about a group can tell of it."""

    organization_id: Id = UNSET
    center_id: Id = UNSET
    invoice_id: Id = UNSET
    invoice_number: Text = UNSET


class Booked(Visit):
    """What `Created` and `Updated` tell of the group, beside its guest and its list."""

    center_name: Text = UNSET
    invoice_number_prefix: Text = UNSET
    utm_source: Text = UNSET
    utm_medium: Text = UNSET
    utm_campaign: Text = UNSET
    utm_term: Text = UNSET
    utm_content: Text = UNSET
    rebooked_source_group_id: Id = UNSET


class Change(Visit):
    """What `Status` tells: a code, and what the guest owes for it as "Yes" or "No"."""

    status_code: Int = Field(default=UNSET, validation_alias="appointmentgroupstatus")
    receipt_number: Text = UNSET
    is_no_show_fee_required: Bool = UNSET
    is_cancellation_fee_required: Bool = UNSET


_READINGS: Final[Mapping[type[AppointmentGroupEvent], type[Visit]]] = MappingProxyType(
    {appointment_group.Deleted: Visit, appointment_group.StatusChanged: Change}
)


def events(event_type: type[AppointmentGroupEvent], data: Mapping[str, Any], telling: Telling) -> Sequence[Event]:
    """One event of the group, and where the body tells its list one of each appointment in it.

    Raises `UnreadableError` with the reason `no_subject`, `invalid_id`, `invalid_list` or `too_many_subjects`.
    """
    fields = spelled(data)
    if event_type is Listed:
        return _listed(fields, telling)
    subject_id = read_subject([fields.get("appointmentgroupid")], "appointment group")
    told = _READINGS[event_type].model_validate(fields, context=telling.notes).told()
    return [telling.event(event_type, subject_id, told)]


def _listed(fields: Mapping[str, Any], telling: Telling) -> Sequence[Event]:
    group_id = read_id(fields.get("appointmentgroupid"), "appointment_group_id")
    subjects = read_entries(fields, telling, FAN_OUT_MAX - 1)
    entries = subjects.found("appointment", telling.notes)
    appointments = told_of(Scheduled, fields, entries, telling)
    if group_id is None or means_none(group_id):
        if not appointments:
            raise UnreadableError("no_subject", "the body names no appointment group and no appointment")
        telling.notes.add("the body names no appointment group and makes no event of it")
        return appointments
    told = Booked.model_validate(fields, context=telling.notes).told()
    told.update(_guest(fields, telling.notes))
    if "appointments" in fields:
        listed = fields["appointments"] is not None
        told["appointment_ids"] = tuple(subject_id for subject_id, _ in entries) if listed else None
    if subjects.nameless:
        told["appointments_nameless"] = subjects.nameless
    return [telling.event(Listed, group_id, told), *appointments]


def _guest(fields: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    """The guest's id and nothing else of the guest."""
    guest = fields.get("guest")
    if isinstance(guest, dict):
        own = spelled(guest)
        return {"guest_id": read_id(own["id"], "guest.id")} if "id" in own else {}
    if guest is not None:
        notes.add("guest: could not be read and counts as not told")
    if "guestid" in fields:
        return {"guest_id": read_id(fields["guestid"], "guest_id")}
    return {"guest_id": None} if "guest" in fields else {}
