"""The story of one visit: a guest's appointments start and complete, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from daybook.simulation.booking import moment
from daybook.simulation.fact import Fact
from daybook.simulation.instant import HOUR_NS, MINUTE_NS, SECOND_NS, zoneless_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from daybook.simulation.chance import Chance
    from daybook.simulation.fact import Numbers
    from daybook.simulation.world import Center, Guest, Service

_OPENS_NS: Final = 9 * HOUR_NS
_CLOSES_NS: Final = 19 * HOUR_NS
_APPOINTMENTS: Final = (1, 1, 1, 2, 2, 3, 4)
_TOLD_TOGETHER: Final = 0.25
_TOLD_ONE_BY_ONE: Final = 0.45
_MISSPELT: Final = 0.3
_SHOUTED: Final = 0.05
_PROGRESS_AS_TEXT: Final = 0.02
_FORGOTTEN_AT_FIRST: Final = 0.02
_NEVER_COMPLETED: Final = 0.03
_INVOICE_TOLD: Final = 0.1
_NOT_STARTED, _STARTED, _COMPLETED = range(3)


@dataclass(frozen=True, slots=True)
class Appointment:
    """One service at one time with one therapist."""

    id: str
    invoice_item_id: str
    service: Service
    therapist: tuple[str, str]
    room: tuple[str, str]
    starts_at_ns: int

    @property
    def ends_at_ns(self) -> int:
        """When it is planned to end."""
        return self.starts_at_ns + self.service.minutes * MINUTE_NS


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment group."""

    group_id: str
    center: Center
    guest: Guest
    invoice_id: str
    invoice_number: str
    appointments: tuple[Appointment, ...]


def visits(center: Center, day: date, therapist: tuple[str, str], chance: Chance, numbers: Numbers) -> Iterator[Visit]:
    """A therapist's day, from the first visit to the last."""
    at_ns = center.opens_at_ns(day) + _OPENS_NS + chance.between(0, 4) * 15 * MINUTE_NS
    closes_at_ns = center.opens_at_ns(day) + _CLOSES_NS
    while at_ns < closes_at_ns:
        appointments = []
        room = chance.pick(center.rooms)
        for _ in range(chance.pick(_APPOINTMENTS)):
            service = chance.pick(center.services)
            appointments.append(Appointment(chance.guid(), chance.guid(), service, therapist, room, at_ns))
            at_ns += service.minutes * MINUTE_NS
        number = str(next(numbers.invoices))
        yield Visit(chance.guid(), center, chance.pick(center.guests), chance.guid(), number, tuple(appointments))
        at_ns += chance.between(1, 6) * 15 * MINUTE_NS


def tell_visit(visit: Visit, chance: Chance) -> Iterator[Fact]:
    """Started and Completed of every appointment, in order of time, and now and then the invoice."""
    at_ns = visit.appointments[0].starts_at_ns
    for at_ns, what, listed in _steps(visit, chance):
        yield Fact(at_ns, f"Appointment.{what}", _data(visit, listed, chance))
    if chance.happens(_INVOICE_TOLD):
        yield _invoice(moment(at_ns, at_ns + 5 * MINUTE_NS, chance), visit)


_Listed: TypeAlias = "list[tuple[Appointment, int]]"
"""What one webhook lists: appointments, each with its progress at that time."""


def _steps(visit: Visit, chance: Chance) -> Iterator[tuple[int, str, _Listed]]:
    appointments = visit.appointments
    if chance.happens(_TOLD_TOGETHER):
        started_at_ns, completed_at_ns = _span(appointments[0].starts_at_ns, appointments[-1].ends_at_ns, chance)
        yield started_at_ns, "Started", [(appointment, _STARTED) for appointment in appointments]
        yield completed_at_ns, "Completed", [(appointment, _COMPLETED) for appointment in appointments]
        return
    whole = not chance.happens(_TOLD_ONE_BY_ONE)
    progress = [_NOT_STARTED] * len(appointments)
    after_ns = 0
    for index, appointment in enumerate(appointments):
        shown = slice(None) if whole else slice(index, index + 1)
        starts_at_ns = max(appointment.starts_at_ns, after_ns)
        started_at_ns, after_ns = _span(starts_at_ns, max(appointment.ends_at_ns, starts_at_ns), chance)
        progress[index] = _STARTED
        yield started_at_ns, "Started", list(zip(appointments[shown], progress[shown], strict=True))
        if not chance.happens(_NEVER_COMPLETED):
            progress[index] = _COMPLETED
            yield after_ns, "Completed", list(zip(appointments[shown], progress[shown], strict=True))


def _span(planned_from_ns: int, planned_until_ns: int, chance: Chance) -> tuple[int, int]:
    started_at_ns = moment(planned_from_ns, planned_from_ns + 8 * MINUTE_NS, chance)
    completed_at_ns = moment(max(started_at_ns, planned_until_ns), planned_until_ns + 12 * MINUTE_NS, chance)
    if chance.happens(_FORGOTTEN_AT_FIRST):
        # Both are then told within one second, and only the 100 ns of the timestamp tell which came first.
        return completed_at_ns, moment(completed_at_ns, completed_at_ns + SECOND_NS, chance)
    return started_at_ns, completed_at_ns


# ── What the webhooks tell ────────────────────────────────────────────────────────────────────────────────────────────


def _data(visit: Visit, listed: _Listed, chance: Chance) -> dict[str, Any]:
    group_id = visit.group_id
    misspelt = chance.happens(_MISSPELT)
    return {
        "invoice_id": visit.invoice_id,
        "invoice_number": visit.invoice_number,
        # Zenoti tells one id in either case.
        "appointment_group_id": group_id.upper() if chance.happens(_SHOUTED) else group_id,
        "center_id": visit.center.id,
        "appointments": [_entry(visit, *shown, chance, misspelt=misspelt) for shown in listed],
    }


def _entry(visit: Visit, appointment: Appointment, progress: int, chance: Chance, *, misspelt: bool) -> dict[str, Any]:
    service = appointment.service
    therapist_id, therapist_name = appointment.therapist
    room_id, room_name = appointment.room
    starts_at_ns, ends_at_ns = appointment.starts_at_ns, appointment.ends_at_ns
    offset_ns = visit.center.utc_offset_ns
    return {
        "id": appointment.id.upper() if chance.happens(_SHOUTED) else appointment.id,
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
        "equipment_id": "",
        "appointment_progress": str(progress) if chance.happens(_PROGRESS_AS_TEXT) else progress,
    }


def _invoice(at_ns: int, visit: Visit) -> Fact:
    data = {
        "invoice_id": visit.invoice_id,
        "invoice_number": visit.invoice_number,
        "center_id": visit.center.id,
        "guest_id": visit.guest.id,
        "status": 1,
    }
    return Fact(at_ns, "Invoice.Closed", data)
