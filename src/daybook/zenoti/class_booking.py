"""`Class.Booking.*`: one body about a registration, its guests booked along and its series, as registration events."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec import UNSET

from daybook.domain import registration
from daybook.domain.identity import means_none
from daybook.domain.registration import RegistrationEvent
from daybook.zenoti.reading import Bool, Id, Int, Reading, read_id, read_list, spelled
from daybook.zenoti.subjects import Subjects, Telling

TYPES: Final[Mapping[str, type[RegistrationEvent]]] = MappingProxyType(
    {
        "Class.Booking.Created": registration.Created,
        "Class.Booking.Approved": registration.Approved,
        "Class.Booking.Rejected": registration.Rejected,
        "Class.Booking.Cancelled": registration.Cancelled,
        "Class.Booking.Deleted": registration.Deleted,
        "Class.Booking.NoShow": registration.NoShow,
    }
)


class Booking(Reading):
    """What a `Class.Booking.*` body tells of its registration."""

    guest_id: Id = UNSET
    center_id: Id = UNSET
    session_id: Id = UNSET
    class_id: Id = UNSET
    workshop_id: Id = UNSET
    track_id: Id = UNSET
    group_invoice_id: Id = UNSET
    recurrence_id: Id = UNSET
    waitlist: Bool = UNSET
    booking_source: Int = UNSET
    add_to_all: Int = UNSET
    is_recurring: Bool = UNSET


def events(event_type: type[RegistrationEvent], data: Mapping[str, Any], telling: Telling) -> list[RegistrationEvent]:
    """One event for each registration that the body names; of several roles primary > guest > recurrence.

    Raises `UnreadableError` with the reason `no_subject`, `invalid_id`, `invalid_list` or `too_many_subjects`.
    """
    fields = spelled(data)
    booking = Booking.model_validate(fields, context=telling.notes).told()
    subjects = Subjects()
    primary = read_id(fields.get("registrationid"), "registration_id")
    subjects.add(primary, {"role": "primary"})
    guests = _add_guests(subjects, fields)
    siblings = _add_siblings(subjects, fields)
    if primary is None or means_none(primary):
        linked: dict[str, Any] = {}
    else:
        linked = {"primary_registration_id": primary}
        own = subjects.get(primary) or {}
        own.update(_links("guest_registration_ids", guests), **_links("recurrence_registration_ids", siblings))
    return [
        telling.event(event_type, subject_id, booking, {} if told["role"] == "primary" else linked, told)
        for subject_id, told in subjects.items("registration", telling.notes)
    ]


def _add_guests(subjects: Subjects, fields: Mapping[str, Any]) -> list[str]:
    """Guests booked along: each with a registration and a guest id of its own, or (guess) with the first alone."""
    found: list[str] = []
    for entry in read_list(fields.get("trainingvirtualguests"), "training_virtual_guests"):
        guest = spelled(entry) if isinstance(entry, dict) else {}
        subject_id = read_id(guest.get("registrationid"), "training_virtual_guests.registration_id")
        own = read_id(guest["guestid"], "training_virtual_guests.guest_id") if "guestid" in guest else UNSET
        if subjects.add(subject_id, {"role": "guest", "guest_id": own}) and subject_id is not None:
            found.append(subject_id)
    for entry in read_list(fields.get("guestregistrationids"), "guest_registration_ids"):
        subject_id = read_id(entry, "guest_registration_ids")
        if subjects.add(subject_id, {"role": "guest", "guest_id": UNSET}) and subject_id is not None:
            found.append(subject_id)
    return found


def _add_siblings(subjects: Subjects, fields: Mapping[str, Any]) -> list[str]:
    """The other registrations of one recurring booking."""
    found: list[str] = []
    for entry in read_list(fields.get("recurrenceregistrationids"), "recurrence_registration_ids"):
        subject_id = read_id(entry, "recurrence_registration_ids")
        if subjects.add(subject_id, {"role": "recurrence"}) and subject_id is not None:
            found.append(subject_id)
    return found


def _links(name: str, ids: list[str]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(ids)} if ids else {}
