"""A booking of a class: who comes, with whom, how often, and how Zenoti's webhooks tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from daybook.simulation.fact import Fact
from daybook.simulation.instant import MINUTE_NS, TICK_NS
from daybook.simulation.world import contact

if TYPE_CHECKING:
    from daybook.simulation.chance import Chance
    from daybook.simulation.fact import Numbers
    from daybook.simulation.world import Center, Guest, Session

_IN_A_SERIES: Final = 0.07
_SERIES_OF_A_YEAR: Final = 0.08
_YEAR_WEEKS: Final = 52
_WITH_COMPANY: Final = 0.08
_COMPANY_UNNAMED: Final = 0.25
_LEAVES: Final = 0.18
_SHOUTED: Final = 0.04
_TOLD_AGAIN: Final = 0.3
_NO_TRACK: Final = -1


@dataclass(frozen=True, slots=True)
class Booking:
    """A registration with all that was booked at once with it."""

    registration_id: int
    guest: Guest
    asked_at_ns: int
    leaves_at_ns: int | None = None
    """When it is cancelled, or None if it is not."""
    companions: tuple[tuple[int, Guest], ...] = ()
    """Guests booked along, each with a registration of its own."""
    unnamed: tuple[int, ...] = ()
    """Registrations of guests booked along who are not named."""
    recurrence_id: int | None = None
    siblings: tuple[int, ...] = ()
    """The other registrations of its series, one for each week that follows."""
    booking_source: int | None = None

    @property
    def places(self) -> int:
        """How many of the session's places it takes."""
        return 1 + len(self.companions) + len(self.unnamed)


def ask(center: Center, session: Session, opens_at_ns: int, chance: Chance, numbers: Numbers) -> Booking:
    """A booking of this session, asked for on its day."""
    last_ns = session.starts_at_ns - 2 * MINUTE_NS
    asked_at_ns = moment(opens_at_ns, last_ns, chance)
    registration_id = next(numbers.registrations)
    company = tuple(next(numbers.registrations) for _ in range(_company(chance)))
    named = not chance.happens(_COMPANY_UNNAMED)
    weeks = _weeks(chance)
    return Booking(
        registration_id=registration_id,
        guest=chance.pick(center.guests),
        asked_at_ns=asked_at_ns,
        leaves_at_ns=moment(asked_at_ns, session.starts_at_ns, chance) if chance.happens(_LEAVES) else None,
        companions=tuple((number, chance.pick(center.guests)) for number in company) if named else (),
        unnamed=() if named else company,
        recurrence_id=next(numbers.recurrences) if weeks else None,
        siblings=tuple(next(numbers.registrations) for _ in range(weeks - 1)),
        booking_source=chance.pick((None, 0, 1, 3)),
    )


def moment(after_ns: int, until_ns: int, chance: Chance) -> int:
    """An instant later than the first and not later than the second, in Zenoti's ticks of 100 ns."""
    return after_ns + chance.between(1, (until_ns - after_ns) // TICK_NS) * TICK_NS


def _company(chance: Chance) -> int:
    return chance.between(1, 3) if chance.happens(_WITH_COMPANY) else 0


def _weeks(chance: Chance) -> int:
    if not chance.happens(_IN_A_SERIES):
        return 0
    return _YEAR_WEEKS if chance.happens(_SERIES_OF_A_YEAR) else chance.between(4, 12)


# ── What the webhooks tell ────────────────────────────────────────────────────────────────────────────────────────────


def created(at_ns: int, session: Session, booking: Booking, *, waitlist: bool, chance: Chance) -> Fact:
    """The one event that tells the waitlist, the company and the series."""
    data = _data(session, booking.registration_id, _spelt(booking.guest.id, chance))
    data["add_to_all"] = 0
    data["waitlist"] = waitlist
    data["booking_source"] = booking.booking_source
    if booking.companions:
        data["group_invoice_id"] = chance.guid().upper()
        data["training_virtual_guests"] = [
            {"guest_id": _spelt(guest.id, chance), "registration_id": number, **contact(guest)}
            for number, guest in booking.companions
        ]
    if booking.unnamed:
        data["guest_registration_ids"] = list(booking.unnamed)
    _tell_series(data, booking)
    return Fact(at_ns, "Class.Booking.Created", data)


def changed(at_ns: int, what: str, session: Session, booking: Booking, chance: Chance) -> Fact:
    """A later event of a booking: most of what Created told is null in it, sometimes but for the series."""
    data = _data(session, booking.registration_id, _spelt(booking.guest.id, chance))
    data["is_recurring"] = booking.recurrence_id is not None
    if chance.happens(_TOLD_AGAIN):
        _tell_series(data, booking)
    return Fact(at_ns, f"Class.Booking.{what}", data)


def _tell_series(data: dict[str, Any], booking: Booking) -> None:
    if booking.recurrence_id is not None:
        data["is_recurring"] = True
        data["recurrence_id"] = booking.recurrence_id
        data["recurrence_registration_ids"] = list(booking.siblings)


def _data(session: Session, registration_id: int, guest_id: str) -> dict[str, Any]:
    return {
        "workshop_id": session.class_id,
        "track_id": _NO_TRACK,
        "class_id": session.class_id,
        "session_id": session.id,
        "add_to_all": None,
        "training_virtual_guests": None,
        "guest_id": guest_id,
        "center_id": session.center_id,
        "waitlist": None,
        "booking_source": None,
        "registration_id": registration_id,
        "group_invoice_id": None,
        "is_recurring": False,
        "recurrence_id": None,
        "recurrence_registration_ids": None,
        "guest_registration_ids": None,
    }


def _spelt(guid: str, chance: Chance) -> str:
    # Zenoti tells one id in either case.
    return guid.upper() if chance.happens(_SHOUTED) else guid
