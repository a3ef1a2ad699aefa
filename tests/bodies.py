"""Bodies as Zenoti sends them, with values of our own: what the tests post."""

from __future__ import annotations

import itertools
import json
from typing import Any

GUEST = "7c1d0a52-5b8e-4f6e-9d39-2f1e5a8f0b01"
CENTER = "0b9a61f4-90f6-4d6b-8f0e-3f8f1f0c7a11"
GROUP = "5e2f7c1a-2222-4bbb-8ccc-9d0e1f2a3b4c"
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


def sent(body: Any) -> bytes:  # noqa: ANN401
    """The bytes on the wire."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()
