"""Bodies as Zenoti sends them, with values of our own: what the tests post."""

from __future__ import annotations

import itertools
import json
from typing import Any

GUEST = "7c1d0a52-5b8e-4f6e-9d39-2f1e5a8f0b01"
CENTER = "0b9a61f4-90f6-4d6b-8f0e-3f8f1f0c7a11"
GROUP = "5e2f7c1a-2222-4bbb-8ccc-9d0e1f2a3b4c"
ORGANIZATION = "d3c2b1a0-4444-4eee-8fff-123456789abc"
THERAPIST = "aa11bb22-cc33-4d44-8e55-ff6677889900"

_calls = itertools.count(1)


def enveloped(event_type: str, data: Any, *, event_id: str, at: str, call_id: str | None = None) -> dict[str, Any]:  # noqa: ANN401
    """An envelope; `call_id` is the envelope's own id, new for every call unless given."""
    return {
        "id": call_id or f"{next(_calls):024x}",
        "event_id": event_id,
        "event_schema": "v1",
        "event_resource": None,
        "event_type": event_type,
        "event_timestamp": at,
        "data": data,
    }


def booking_data(registration_id: Any, **told: Any) -> dict[str, Any]:  # noqa: ANN401
    """The `data` of a `Class.Booking.*` body; what later events do not tell is null, as on the wire."""
    return {
        "workshop_id": 700,
        "track_id": -1,
        "class_id": 701,
        "session_id": 900,
        "add_to_all": None,
        "training_virtual_guests": None,
        "guest_id": GUEST,
        "center_id": CENTER,
        "waitlist": None,
        "booking_source": None,
        "registration_id": registration_id,
        "group_invoice_id": None,
        "is_recurring": False,
        "recurrence_id": None,
        "recurrence_registration_ids": None,
        "guest_registration_ids": None,
        **told,
    }


def booking(what: str, registration_id: Any, *, event_id: str, at: str, **told: Any) -> dict[str, Any]:  # noqa: ANN401
    """An enveloped `Class.Booking.{what}`."""
    return enveloped(f"Class.Booking.{what}", booking_data(registration_id, **told), event_id=event_id, at=at)


def entry(appointment_id: Any, **told: Any) -> dict[str, Any]:  # noqa: ANN401
    """One entry of an `appointments` list."""
    return {
        "id": appointment_id,
        "invoice_item_id": "39062a9e-0000-4686-8c2a-22ea8adf1850",
        "service_name": "Deep tissue, 60 minutes",
        "service_id": "acedc3fc-1111-48f9-ae5c-61b81649d841",
        "start_time": "2026-03-02T17:00:00",
        "end_time": "2026-03-02T18:00:00",
        "serviceduration_in_miutes": 60,
        "therapist_name": "Robin Vale",
        "TherapistId": THERAPIST,
        "room_id": "",
        **told,
    }


def progress_data(*entries: dict[str, Any], **told: Any) -> dict[str, Any]:  # noqa: ANN401
    """The `data` of an `Appointment.Started` or `.Completed` body."""
    return {
        "invoice_id": "095b1101-3333-4bc2-9de4-043591fdfb8e",
        "invoice_number": "4902",
        "appointment_group_id": GROUP,
        "center_id": CENTER,
        "appointments": list(entries),
        **told,
    }


def progress(what: str, *entries: dict[str, Any], event_id: str, at: str, **told: Any) -> dict[str, Any]:  # noqa: ANN401
    """An enveloped `Appointment.{what}`."""
    return enveloped(f"Appointment.{what}", progress_data(*entries, **told), event_id=event_id, at=at)


def group_data(*entries: dict[str, Any], **told: Any) -> dict[str, Any]:  # noqa: ANN401
    """The `data` of an `AppointmentGroup.Created` or `.Updated` body."""
    return {
        "invoice_id": "095b1101-3333-4bc2-9de4-043591fdfb8e",
        "invoice_number": "4902",
        "invoice_number_prefix": "NOR",
        "utm_source": "newsletter",
        "utm_medium": "email",
        "appointment_group_id": GROUP,
        "organization_id": ORGANIZATION,
        "center_id": CENTER,
        "center_Name": "Northgate",
        "guest": {"id": GUEST, "first_name": "Zoltana", "last_name": "Quillfeather", "email": "zq@example.com"},
        "appointments": list(entries),
        **told,
    }


def group(what: str, *entries: dict[str, Any], event_id: str, at: str, **told: Any) -> dict[str, Any]:  # noqa: ANN401
    """An enveloped `AppointmentGroup.Created` or `.Updated`."""
    return enveloped(f"AppointmentGroup.{what}", group_data(*entries, **told), event_id=event_id, at=at)


def group_deleted(group_id: Any = GROUP, *, event_id: str, at: str) -> dict[str, Any]:  # noqa: ANN401
    """An enveloped `AppointmentGroup.Delete`."""
    return enveloped("AppointmentGroup.Delete", {"appointment_group_id": group_id}, event_id=event_id, at=at)


def group_status(code: Any, *, event_id: str, at: str, **told: Any) -> dict[str, Any]:  # noqa: ANN401
    """An enveloped `AppointmentGroup.Status`."""
    data = {
        "invoice_id": "095b1101-3333-4bc2-9de4-043591fdfb8e",
        "invoice_number": "4902",
        "receipt_number": "0",
        "appointment_group_id": GROUP,
        "appointment_group_status": code,
        "is_noshowfeerequired": "Yes",
        "is_cancellationfeerequired": "No",
        **told,
    }
    return enveloped("AppointmentGroup.Status", data, event_id=event_id, at=at)


def schedule_data(session_id: Any, **told: Any) -> dict[str, Any]:  # noqa: ANN401
    """The `data` of a `Class.Schedule.*` body."""
    return {
        "sesion_id": session_id,
        "center_id": CENTER,
        "class_name": "Morning flow",
        "start_time": "2026-03-02T15:15:00",
        "end_time": "2026-03-02T16:00:00",
        "duration_in_mins": 45,
        "instructor_details_list": None,
        "room_id": None,
        "capacity": 10,
        "web_capacity": 5,
        "show_in_catalog": 1,
        "is_free_session": False,
        "description": "",
        "is_recurring": False,
        "recurrence_start_time": None,
        "recurrence_end_time": None,
        "recurrence_type": None,
        "frequency": None,
        "num_occurences": None,
        "weekdays": None,
        "class_type": 1,
        "event_id": -1,
        "recurrence_id": None,
        "recurrence_session_ids": None,
        **told,
    }


def schedule(what: str, session_id: Any, *, event_id: str, at: str, **told: Any) -> dict[str, Any]:  # noqa: ANN401
    """An enveloped `Class.Schedule.{what}`."""
    return enveloped(f"Class.Schedule.{what}", schedule_data(session_id, **told), event_id=event_id, at=at)


def feedback_data(**told: Any) -> dict[str, Any]:  # noqa: ANN401
    """The `data` of a feedback in version 2, bare as Zenoti documents it."""
    return {
        "organization_id": ORGANIZATION.upper(),
        "center_id": CENTER,
        "user_id": GUEST,
        "version": 2,
        "appointment_group_id": GROUP.upper(),
        "rating_value": 3,
        "guest_feedback_tags": [{"id": 1, "name": "ambience"}, {"id": 2, "name": "check-in"}],
        "comments": "the towels were warm",
        "source": 0,
        **told,
    }


def aspects_data(**told: Any) -> dict[str, Any]:  # noqa: ANN401
    """The `data` of a feedback in version 1."""
    rating = {"service": 3, "therapist": 5, "ambience": 1, "cleanliness": 2}
    data = feedback_data(version=1, rating_value=rating, recommendation=True, share_feedback=True)
    del data["guest_feedback_tags"]
    return {**data, **told}


def feedback(data: dict[str, Any], *, event_id: str, at: str) -> dict[str, Any]:
    """A feedback in an envelope, under the type that is guessed for it."""
    return enveloped("Appointment.Feedback", data, event_id=event_id, at=at)


def sent(body: Any) -> bytes:  # noqa: ANN401
    """The bytes on the wire."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()
