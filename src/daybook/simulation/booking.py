"""A booking of a class: who comes, with whom, how often, and how Zenoti's webhooks tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from daybook.simulation.fact import Fact
from daybook.simulation.instant import MINUTE_NS, moment
from daybook.simulation.spelling import spelt
from daybook.simulation.world import contact

if TYPE_CHECKING:
    from daybook.simulation.chance import Chance
    from daybook.simulation.fact import Books
    from daybook.simulation.world import Center, Guest, Session

_IN_A_SERIES: Final = 0.07
_SERIES_OF_A_YEAR: Final = 0.08
_YEAR_WEEKS: Final = 52
_WITH_COMPANY: Final = 0.08
_COMPANY_UNNAMED: Final = 0.25
_LEAVES: Final = 0.18
_TOLD_AGAIN: Final = 0.3
_NO_TRACK: Final = -1


@dataclass(frozen=True, slots=True)
class Booking:
    """A registration with all that was booked at once with it."""

    registration_id: int
    guest: Guest
    asked_at_ns: int
    home: int
    """The session with which its story, and that of its series, began."""
    leaves_at_ns: int | None = None
    """When it is cancelled, or None if it is not."""
    companions: tuple[Booking, ...] = ()
    """Guests booked along, each with a registration of its own."""
    named: bool = True
    """Whether the guests booked along are named, or only told by their registrations."""
    recurrence_id: int | None = None
    siblings: tuple[int, ...] = ()
    """The other registrations of its series, one for each week that follows."""
    booking_source: int | None = None

    @property
    def party(self) -> tuple[Booking, ...]:
        """All who come: each takes a place."""
        return (self, *self.companions)


def ask(center: Center, session: Session, opens_at_ns: int, chance: Chance, books: Books) -> Booking:
    """A booking of this session, asked for on its day."""
    asked_at_ns = moment(opens_at_ns, session.starts_at_ns - 2 * MINUTE_NS, chance)
    registration_id = next(books.registrations)
    company = tuple(next(books.registrations) for _ in range(_company(chance)))
    weeks = _weeks(chance)
    return Booking(
        registration_id=registration_id,
        guest=chance.pick(center.guests),
        asked_at_ns=asked_at_ns,
        home=session.id,
        leaves_at_ns=moment(asked_at_ns, session.starts_at_ns, chance) if chance.happens(_LEAVES) else None,
        companions=tuple(Booking(number, chance.pick(center.guests), asked_at_ns, session.id) for number in company),
        named=not chance.happens(_COMPANY_UNNAMED),
        recurrence_id=next(books.recurrences) if weeks else None,
        siblings=tuple(next(books.registrations) for _ in range(weeks - 1)),
        booking_source=chance.pick((None, 0, 1, 3)),
    )


def _company(chance: Chance) -> int:
    return chance.between(1, 3) if chance.happens(_WITH_COMPANY) else 0


def _weeks(chance: Chance) -> int:
    if not chance.happens(_IN_A_SERIES):
        return 0
    return _YEAR_WEEKS if chance.happens(_SERIES_OF_A_YEAR) else chance.between(4, 12)


# ── What the webhooks tell ────────────────────────────────────────────────────────────────────────────────────────────


def created(at_ns: int, session: Session, booking: Booking, *, waitlist: bool, chance: Chance) -> Fact:
    """The one event that tells the waitlist; it also tells the company and the series."""
    data = _data(session, booking.registration_id, spelt(booking.guest.id, chance))
    data["add_to_all"] = 0
    data["waitlist"] = waitlist
    data["booking_source"] = booking.booking_source
    _tell_company(data, booking, chance)
    _tell_series(data, booking)
    return Fact(at_ns, "Class.Booking.Created", data, _stories(session, booking))


def decided(at_ns: int, what: str, session: Session, booking: Booking, chance: Chance) -> Fact:
    """The center's decision about who waits, for all who come: Approved or Rejected."""
    data = _data(session, booking.registration_id, spelt(booking.guest.id, chance))
    data["is_recurring"] = booking.recurrence_id is not None
    _tell_company(data, booking, chance)
    return Fact(at_ns, f"Class.Booking.{what}", data, _stories(session, booking))


def changed(at_ns: int, what: str, session: Session, booking: Booking, chance: Chance) -> Fact:
    """What became of one registration: most of what Created told is null in it, sometimes but for the series."""
    data = _data(session, booking.registration_id, spelt(booking.guest.id, chance))
    data["is_recurring"] = booking.recurrence_id is not None
    if chance.happens(_TOLD_AGAIN):
        _tell_series(data, booking)
    return Fact(at_ns, f"Class.Booking.{what}", data, _stories(session, booking))


def _stories(session: Session, booking: Booking) -> tuple[int, ...]:
    return (session.id,) if booking.home == session.id else (session.id, booking.home)


def _tell_company(data: dict[str, Any], booking: Booking, chance: Chance) -> None:
    if not booking.companions:
        return
    if booking.named:
        data["group_invoice_id"] = chance.guid().upper()
        data["training_virtual_guests"] = [
            {
                "guest_id": spelt(companion.guest.id, chance),
                "registration_id": companion.registration_id,
                **contact(companion.guest),
            }
            for companion in booking.companions
        ]
    else:
        data["guest_registration_ids"] = [companion.registration_id for companion in booking.companions]


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
