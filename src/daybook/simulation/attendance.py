"""The story of one class session: it fills, some leave and others move up, and some never come."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from functools import partial
from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Final

from daybook.simulation.booking import Booking, ask, changed, created, moment
from daybook.simulation.instant import HOUR_NS, MINUTE_NS, SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from daybook.simulation.chance import Chance
    from daybook.simulation.fact import Fact, Numbers
    from daybook.simulation.world import Center, Session

_OPENS_NS: Final = 5 * HOUR_NS
_DEMAND_PERCENT: Final = (60, 150)
_DELETED_NOT_CANCELLED: Final = 0.2
_REJECTED: Final = 0.6
_NO_SHOW: Final = 0.09
_NO_SHOW_ALL_THE_SAME: Final = 0.03
_COMPANION_LEAVES: Final = 0.15
_WEEK_SKIPPED: Final = 0.3
_SERIES_EXTENDED: Final = 0.15

_ASKS, _LEAVES, _MOVES_UP = range(3)


def tell_session(center: Center, session: Session, day: date, chance: Chance, numbers: Numbers) -> Iterator[Fact]:
    """All that happens around a session on its day; the facts are not in order of time."""
    opens_at_ns = center.opens_at_ns(day) + _OPENS_NS
    asked = session.capacity * chance.between(*_DEMAND_PERCENT) // 100
    bookings = [ask(center, session, opens_at_ns, chance, numbers) for _ in range(asked)]
    yield from _Attendance(session, chance).story(bookings)
    for booking in bookings:
        if booking.companions:
            yield from _companion_leaves(session, booking, chance)
        if booking.siblings:
            in_weeks = partial(center.session_in_weeks, session, day)
            yield from _series_changes(in_weeks, booking, chance, numbers)


@dataclass(slots=True)
class _Attendance:
    """Who has a place and who waits for one, as the day goes on."""

    session: Session
    chance: Chance
    taken: int = 0
    seated: dict[int, Booking] = field(default_factory=dict)
    waiting: deque[Booking] = field(default_factory=deque)
    cancelled: list[Booking] = field(default_factory=list)

    def story(self, bookings: list[Booking]) -> Iterator[Fact]:
        order = count()
        agenda = [(booking.asked_at_ns, next(order), _ASKS, booking) for booking in bookings]
        heapify(agenda)
        while agenda:
            at_ns, _, step, booking = heappop(agenda)
            if step == _ASKS:
                yield self._asks(at_ns, booking)
                if booking.leaves_at_ns is not None:
                    heappush(agenda, (booking.leaves_at_ns, next(order), _LEAVES, booking))
            elif step == _LEAVES:
                yield self._leaves(at_ns, booking)
                if self.waiting:
                    soon_ns = moment(at_ns, at_ns + 20 * SECOND_NS, self.chance)
                    heappush(agenda, (soon_ns, next(order), _MOVES_UP, self.waiting[0]))
            elif booking in self.waiting and self._fits(booking):
                self.waiting.remove(booking)
                self._seat(booking)
                yield changed(at_ns, "Approved", self.session, booking, self.chance)
        yield from self._rejections()
        yield from self._no_shows()

    def _asks(self, at_ns: int, booking: Booking) -> Fact:
        fits = self._fits(booking)
        if fits:
            self._seat(booking)
        else:
            self.waiting.append(booking)
        return created(at_ns, self.session, booking, waitlist=not fits, chance=self.chance)

    def _leaves(self, at_ns: int, booking: Booking) -> Fact:
        if self.seated.pop(booking.registration_id, None) is None:
            self.waiting.remove(booking)
        else:
            self.taken -= booking.places
        if self.chance.happens(_DELETED_NOT_CANCELLED):
            return changed(at_ns, "Deleted", self.session, booking, self.chance)
        self.cancelled.append(booking)
        return changed(at_ns, "Cancelled", self.session, booking, self.chance)

    def _rejections(self) -> Iterator[Fact]:
        starts_at_ns = self.session.starts_at_ns
        for booking in self.waiting:
            if self.chance.happens(_REJECTED):
                at_ns = moment(starts_at_ns, starts_at_ns + 2 * MINUTE_NS, self.chance)
                yield changed(at_ns, "Rejected", self.session, booking, self.chance)

    def _no_shows(self) -> Iterator[Fact]:
        ends_at_ns = self.session.ends_at_ns
        # Staff mark a guest who cancelled too late as a no-show as well.
        for share, bookings in ((_NO_SHOW, self.seated.values()), (_NO_SHOW_ALL_THE_SAME, self.cancelled)):
            for booking in bookings:
                if self.chance.happens(share):
                    at_ns = moment(ends_at_ns, ends_at_ns + 40 * MINUTE_NS, self.chance)
                    yield changed(at_ns, "NoShow", self.session, booking, self.chance)

    def _fits(self, booking: Booking) -> bool:
        return self.taken + booking.places <= self.session.capacity

    def _seat(self, booking: Booking) -> None:
        self.taken += booking.places
        self.seated[booking.registration_id] = booking


def _companion_leaves(session: Session, booking: Booking, chance: Chance) -> Iterator[Fact]:
    if chance.happens(_COMPANION_LEAVES):
        registration_id, guest = booking.companions[0]
        own = Booking(registration_id, guest, booking.asked_at_ns)
        at_ns = moment(booking.asked_at_ns, session.starts_at_ns, chance)
        yield changed(at_ns, "Cancelled", session, own, chance)


def _series_changes(
    in_weeks: Callable[[int], Session], booking: Booking, chance: Chance, numbers: Numbers
) -> Iterator[Fact]:
    """A week that is skipped, and a series that goes on longer: told of again, its siblings must not come alive."""
    asked_at_ns = booking.asked_at_ns
    series = (booking.registration_id, *booking.siblings)
    if chance.happens(_WEEK_SKIPPED):
        week = chance.between(1, len(series) - 1)
        others = tuple(number for number in series if number != series[week])
        skipped = replace(booking, registration_id=series[week], siblings=others)
        at_ns = moment(asked_at_ns, asked_at_ns + HOUR_NS, chance)
        yield changed(at_ns, "Cancelled", in_weeks(week), skipped, chance)
    if chance.happens(_SERIES_EXTENDED):
        one_more = next(numbers.registrations)
        longer = replace(booking, registration_id=one_more, siblings=series, companions=(), unnamed=())
        at_ns = moment(asked_at_ns + HOUR_NS, asked_at_ns + 3 * HOUR_NS, chance)
        yield created(at_ns, in_weeks(len(series)), longer, waitlist=False, chance=chance)
