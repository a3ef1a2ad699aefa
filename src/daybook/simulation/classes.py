"""The story of one class session: it is scheduled, booked, attended or called off, and goes on in later weeks."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from daybook.simulation.attendance import Attendance
from daybook.simulation.booking import ask, changed, created
from daybook.simulation.instant import HOUR_NS, moment
from daybook.simulation.schedule import BOOKABLE_FROM_NS, Plan, made_at_ns, plan, taken_back_at_ns, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from daybook.simulation.booking import Booking
    from daybook.simulation.chance import Chance
    from daybook.simulation.fact import Books, Fact
    from daybook.simulation.world import Center, Session

_DEMAND_PERCENT: Final = (60, 150)
_WEEK_SKIPPED: Final = 0.3
_SERIES_EXTENDED: Final = 0.15


def tell_session(center: Center, session: Session, day: date, chance: Chance, books: Books) -> Iterator[Fact]:
    """All that happens around a session on its day; the facts are not in order of time."""
    opens_at_ns = center.opens_at_ns(day)
    regulars = books.ahead.pop(session.id, None)
    planned = plan(session, opens_at_ns, chance)
    if regulars is None:
        yield told(made_at_ns(opens_at_ns, chance), "Created", session)
        if planned.by_mistake:
            yield told(taken_back_at_ns(opens_at_ns, chance), "Deleted", session)
            return
    if planned.by_mistake:
        # It has been bookable for weeks.
        planned = Plan()
    if planned.described_at_ns is not None:
        yield told(planned.described_at_ns, "Updated", session)
    asked = session.capacity * chance.between(*_DEMAND_PERCENT) // 100
    bookings = [ask(center, session, opens_at_ns + BOOKABLE_FROM_NS, chance, books) for _ in range(asked)]
    attendance = Attendance(session, planned, chance)
    yield from attendance.story(regulars or (), bookings)
    for booking in attendance.asked:
        if booking.siblings:
            in_weeks = partial(_in_weeks, center, session, day, chance=chance, books=books)
            yield from _series(in_weeks, booking, chance, books)


def _series(
    in_weeks: Callable[[int], tuple[Session, list[Fact]]], booking: Booking, chance: Chance, books: Books
) -> Iterator[Fact]:
    """A week that is skipped, and a series that goes on longer: told of again, its siblings must not come alive."""
    asked_at_ns = booking.asked_at_ns
    series = (booking.registration_id, *booking.siblings)
    if chance.happens(_WEEK_SKIPPED):
        week = chance.between(1, len(series) - 1)
        session, scheduled = in_weeks(week)
        yield from scheduled
        others = tuple(number for number in series if number != series[week])
        skipped = replace(booking, registration_id=series[week], siblings=others)
        yield changed(moment(asked_at_ns, asked_at_ns + HOUR_NS, chance), "Cancelled", session, skipped, chance)
    if chance.happens(_SERIES_EXTENDED):
        session, scheduled = in_weeks(len(series))
        yield from scheduled
        if len(books.ahead[session.id]) < session.capacity:
            one_more = next(books.registrations)
            at_ns = moment(asked_at_ns + HOUR_NS, asked_at_ns + 3 * HOUR_NS, chance)
            longer = replace(booking, registration_id=one_more, siblings=series, companions=(), leaves_at_ns=None)
            books.ahead[session.id].append(longer)
            yield created(at_ns, session, longer, waitlist=False, chance=chance)


def _in_weeks(
    center: Center, session: Session, day: date, weeks: int, *, chance: Chance, books: Books
) -> tuple[Session, list[Fact]]:
    """The session of the same slot, weeks later; it is on the schedule from that morning on, if it was not before."""
    later = center.session_in_weeks(session, day, weeks)
    if later.id in books.ahead:
        return later, []
    books.ahead[later.id] = []
    return later, [told(made_at_ns(center.opens_at_ns(day), chance), "Created", later)]
