"""How Zenoti's webhooks tell of a visit as a whole: its list of appointments, its status, its end, its invoice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from daybook.simulation.entry import listed
from daybook.simulation.fact import Fact
from daybook.simulation.spelling import spelt

if TYPE_CHECKING:
    from daybook.simulation.chance import Chance
    from daybook.simulation.visit import Appointment, Visit

CLOSED: Final = 1
CHECKED_IN: Final = 2
CONFIRMED: Final = 4
REFUNDED: Final = 8
CANCELLED: Final = -1
NO_SHOW: Final = -2

_RIGHTLY_SPELT: Final = 0.3
_KEY_ABSENT: Final = 0.15
_LIST_NULL: Final = 0.5
_SOURCES: Final = (("", ""), ("facebook", "online"), ("google", "cpc"), ("newsletter", "email"))
_MAY_BE_ABSENT: Final = ("utm_source", "utm_medium", "invoice_number_prefix", "organization_id", "guest")


def created(at_ns: int, visit: Visit, appointments: tuple[Appointment, ...], chance: Chance) -> Fact:
    """The visit is booked, or one that was deleted is there again."""
    data = _whole(visit, chance)
    data["appointments"] = listed(visit, appointments, at_ns, chance)
    return Fact(at_ns, "AppointmentGroup.Created", data, (visit.group_id,))


def updated(at_ns: int, visit: Visit, appointments: tuple[Appointment, ...] | None, chance: Chance) -> Fact:
    """The whole list as it now is, empty where nothing is left; null or no list at all where it did not change."""
    data = _whole(visit, chance)
    for key in _MAY_BE_ABSENT:
        if chance.happens(_KEY_ABSENT):
            del data[key]
    if appointments is not None:
        data["appointments"] = listed(visit, appointments, at_ns, chance)
    elif chance.happens(_LIST_NULL):
        data["appointments"] = None
    return Fact(at_ns, "AppointmentGroup.Updated", data, (visit.group_id,))


def deleted(at_ns: int, visit: Visit, chance: Chance) -> Fact:
    """The visit is gone; nothing but its id is told."""
    data = {"appointment_group_id": spelt(visit.group_id, chance)}
    return Fact(at_ns, "AppointmentGroup.Delete", data, (visit.group_id,))


def status(at_ns: int, visit: Visit, code: int, chance: Chance, *, receipt: str = "0", fee_due: bool = False) -> Fact:
    """The code alone, without appointments or center; a fee is due for a cancellation or for not having come."""
    data = {
        "invoice_id": visit.invoice_id,
        "invoice_number": visit.invoice_number,
        "receipt_number": receipt,
        "appointment_group_id": spelt(visit.group_id, chance),
        "appointment_group_status": code,
        "is_noshowfeerequired": "Yes" if fee_due and code == NO_SHOW else "No",
        "is_cancellationfeerequired": "Yes" if fee_due and code == CANCELLED else "No",
    }
    return Fact(at_ns, "AppointmentGroup.Status", data, (visit.group_id,))


def invoice(at_ns: int, visit: Visit) -> Fact:
    """An event that is not about the visit, though one could think so."""
    data = {
        "invoice_id": visit.invoice_id,
        "invoice_number": visit.invoice_number,
        "center_id": visit.center.id,
        "guest_id": visit.guest.id,
        "status": 1,
    }
    return Fact(at_ns, "Invoice.Closed", data)


def _whole(visit: Visit, chance: Chance) -> dict[str, Any]:
    center, guest = visit.center, visit.guest
    source, medium = chance.pick(_SOURCES)
    data: dict[str, Any] = {
        "invoice_id": visit.invoice_id,
        "invoice_number": visit.invoice_number,
        "invoice_number_prefix": f"C{center.index}",
        "utm_source": source,
        "utm_medium": medium,
        "appointment_group_id": spelt(visit.group_id, chance),
        "organization_id": center.organization_id,
        "center_id": spelt(center.id, chance),
        # Both spellings are Zenoti's.
        "center_name" if chance.happens(_RIGHTLY_SPELT) else "center_Name": center.name,
        "guest": {
            "id": spelt(guest.id, chance),
            "first_name": guest.first_name,
            "last_name": guest.last_name,
            "email": guest.email,
        },
    }
    if visit.replaces is not None:
        data["rebooked_source_group_id"] = visit.replaces.group_id
    return data
