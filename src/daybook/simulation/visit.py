"""A therapist's day: which guests come for what, and what becomes of each visit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from daybook.simulation.instant import HOUR_NS, MINUTE_NS, moment
from daybook.simulation.spelling import almost_guid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from daybook.simulation.chance import Chance
    from daybook.simulation.fact import Books
    from daybook.simulation.world import Center, Guest, Service

Fate: TypeAlias = Literal["comes", "cancelled", "rebooked", "no_show", "deleted", "restored"]
"""A visit that is rebooked is cancelled too, and one that is restored was deleted by mistake and comes."""

QUARTER_NS: Final = 15 * MINUTE_NS
_BOOKABLE_FROM_NS: Final = 6 * HOUR_NS
_OPENS_NS: Final = 9 * HOUR_NS
_CLOSES_NS: Final = 19 * HOUR_NS
_AT_THE_LATEST_NS: Final = 20 * MINUTE_NS
"""So long before its start a visit is booked."""
_APPOINTMENTS: Final = (1, 1, 1, 2, 2, 3, 4)
_FATES: Final[tuple[tuple[float, Fate], ...]] = (
    (0.06, "cancelled"),
    (0.10, "rebooked"),
    (0.16, "no_show"),
    (0.18, "deleted"),
    (0.2, "restored"),
)


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
    booked_at_ns: int
    fate: Fate
    ends_early_at_ns: int | None = None
    """When it is cancelled."""
    replaces: Visit | None = None
    """The visit that was cancelled for this one."""

    @property
    def starts_at_ns(self) -> int:
        """When it is planned to begin."""
        return self.appointments[0].starts_at_ns


def visits(center: Center, day: date, therapist: tuple[str, str], chance: Chance, books: Books) -> Iterator[Visit]:
    """A therapist's day, from the first visit to the last."""
    at_ns = center.opens_at_ns(day) + _OPENS_NS + chance.between(0, 4) * QUARTER_NS
    closes_at_ns = center.opens_at_ns(day) + _CLOSES_NS
    last: Visit | None = None
    while at_ns < closes_at_ns:
        appointments = _appointments(center, therapist, at_ns, chance)
        last = _visit(center, appointments, center.opens_at_ns(day), last, chance=chance, books=books)
        yield last
        at_ns = last.appointments[-1].ends_at_ns + chance.between(1, 6) * QUARTER_NS


def _appointments(center: Center, therapist: tuple[str, str], at_ns: int, chance: Chance) -> tuple[Appointment, ...]:
    """One after the other, in one room."""
    room = chance.pick(center.rooms)
    found: list[Appointment] = []
    for _ in range(chance.pick(_APPOINTMENTS)):
        service = chance.pick(center.services)
        found.append(Appointment(almost_guid(chance), chance.guid(), service, therapist, room, at_ns))
        at_ns = found[-1].ends_at_ns
    return tuple(found)


def _visit(
    center: Center,
    appointments: tuple[Appointment, ...],
    opens_at_ns: int,
    last: Visit | None,
    *,
    chance: Chance,
    books: Books,
) -> Visit:
    starts_at_ns = appointments[0].starts_at_ns
    fate = _fate(chance)
    booked_at_ns = moment(opens_at_ns + _BOOKABLE_FROM_NS, starts_at_ns - _AT_THE_LATEST_NS, chance)
    replaces = None
    if last is not None and last.fate == "rebooked" and last.ends_early_at_ns is not None:
        replaces = last
        booked_at_ns = moment(last.ends_early_at_ns, last.ends_early_at_ns + 2 * MINUTE_NS, chance)
    gone = fate in {"cancelled", "rebooked"}
    return Visit(
        group_id=almost_guid(chance),
        center=center,
        guest=chance.pick(center.guests) if replaces is None else replaces.guest,
        invoice_id=chance.guid(),
        invoice_number=str(next(books.invoices)),
        appointments=appointments,
        booked_at_ns=booked_at_ns,
        fate=fate,
        ends_early_at_ns=moment(booked_at_ns, starts_at_ns - 10 * MINUTE_NS, chance) if gone else None,
        replaces=replaces,
    )


def _fate(chance: Chance) -> Fate:
    drawn = chance.between(0, 999) / 1000
    return next((fate for until, fate in _FATES if drawn < until), "comes")
