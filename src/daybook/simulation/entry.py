"""How an entry of `appointments` tells one appointment, in the spellings of the events that list it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from daybook.simulation.instant import zoneless_text
from daybook.simulation.spelling import spelt

if TYPE_CHECKING:
    from daybook.simulation.chance import Chance
    from daybook.simulation.visit import Appointment, Visit

_MISSPELT: Final = 0.3
_PROGRESS_AS_TEXT: Final = 0.02


def listed(visit: Visit, appointments: tuple[Appointment, ...], at_ns: int, chance: Chance) -> list[dict[str, Any]]:
    """As a group lists its appointments: nothing of their progress."""
    misspelt = chance.happens(_MISSPELT)
    booked, changed = zoneless_text(visit.booked_at_ns), zoneless_text(at_ns)
    entries = []
    for appointment in appointments:
        entry = _entry(visit, appointment, chance, misspelt=misspelt)
        entry["creation_date"] = booked
        entry["last_updated_on"] = changed
        entry["show_in_calendar"] = True
        entry["therapist_request_type"] = 0
        entries.append(entry)
    return entries


def progressed(visit: Visit, shown: list[tuple[Appointment, int]], chance: Chance) -> list[dict[str, Any]]:
    """As Started and Completed list them, each with its progress."""
    misspelt = chance.happens(_MISSPELT)
    entries = []
    for appointment, progress in shown:
        entry = _entry(visit, appointment, chance, misspelt=misspelt)
        entry["equipment_id"] = ""
        entry["appointment_progress"] = str(progress) if chance.happens(_PROGRESS_AS_TEXT) else progress
        entries.append(entry)
    return entries


def _entry(visit: Visit, appointment: Appointment, chance: Chance, *, misspelt: bool) -> dict[str, Any]:
    service = appointment.service
    therapist_id, therapist_name = appointment.therapist
    room_id, room_name = appointment.room
    starts_at_ns, ends_at_ns = appointment.starts_at_ns, appointment.ends_at_ns
    offset_ns = visit.center.utc_offset_ns
    return {
        "id": spelt(appointment.id, chance),
        "invoice_item_id": appointment.invoice_item_id,
        "service_name": service.name,
        "service_id": service.id,
        "start_time": zoneless_text(starts_at_ns),
        "end_time": zoneless_text(ends_at_ns),
        "start_time_in_center": zoneless_text(starts_at_ns + offset_ns),
        "end_time_in_center": zoneless_text(ends_at_ns + offset_ns),
        # Both spellings are Zenoti's.
        "serviceduration_in_miutes" if misspelt else "service_duration_in_minutes": service.minutes,
        "has_add_ons": False,
        "is_add_on": False,
        "therapist_name": therapist_name,
        "TherapistId" if misspelt else "therapist_id": therapist_id,
        "is_recurring": False,
        "appointment_type": 2,
        "therapist_request_type": 4,
        "room_name": room_name,
        "equipment_name": "",
        "room_id": room_id,
    }
