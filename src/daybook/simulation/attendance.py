"""Who takes part in one class session: it fills, some leave and others move up, and some never come."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from daybook.simulation.booking import changed, created, decided
from daybook.simulation.instant import MINUTE_NS, SECOND_NS, moment
from daybook.simulation.schedule import told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from daybook.simulation.booking import Booking
    from daybook.simulation.chance import Chance
    from daybook.simulation.fact import Fact
    from daybook.simulation.schedule import Plan
    from daybook.simulation.world import Session

_DELETED_NOT_CANCELLED: Final = 0.2
_RETURNS: Final = 0.15
_REJECTED: Final = 0.6
_NO_SHOW: Final = 0.09
_NO_SHOW_OF_RETURNED: Final = 0.4
_COMPANION_LEAVES: Final = 0.15
_SOON_NS: Final = 20 * SECOND_NS


@dataclass(slots=True)
class Attendance:
    """Who has a place and who waits for one, as the day goes on. Every guest takes one place, alone or in company."""

    session: Session
    plan: Plan
    chance: Chance
    asked: list[Booking] = field(default_factory=list)
    """Who did ask for a place before the class was called off."""
    _capacity: int = 0
    _seated: dict[int, Booking] = field(default_factory=dict)
    _waiting: deque[Booking] = field(default_factory=deque)
    _left: set[int] = field(default_factory=set)
    _returned: set[int] = field(default_factory=set)
    _order: Iterator[int] = field(default_factory=count)
    _agenda: list[tuple[int, int, Callable[..., Iterator[Fact]], tuple[Any, ...]]] = field(default_factory=list)

    def story(self, regulars: Iterable[Booking], bookings: Iterable[Booking]) -> Iterator[Fact]:
        """All that happens to these bookings and to the session; regulars have had their place for weeks."""
        self._capacity = self.session.capacity
        self._seated = {booking.registration_id: booking for booking in regulars}
        for booking in bookings:
            self._later(booking.asked_at_ns, self._asks, booking)
        if self.plan.grows_at_ns is not None:
            self._later(self.plan.grows_at_ns, self._grows)
        if self.plan.called_off_at_ns is not None:
            self._later(self.plan.called_off_at_ns, self._called_off)
        while self._agenda:
            at_ns, _, step, given = heappop(self._agenda)
            yield from step(at_ns, *given)
        yield from self._rejections()
        yield from self._no_shows()

    def _later(self, at_ns: int, step: Callable[..., Iterator[Fact]], *given: object) -> None:
        heappush(self._agenda, (at_ns, next(self._order), step, given))

    def _asks(self, at_ns: int, booking: Booking) -> Iterator[Fact]:
        self.asked.append(booking)
        fits = self._fits(booking)
        if fits:
            self._seat(booking)
        else:
            self._waiting.append(booking)
        yield created(at_ns, self.session, booking, waitlist=not fits, chance=self.chance)
        if booking.leaves_at_ns is not None:
            self._later(booking.leaves_at_ns, self._leaves, booking)
        if booking.companions and fits and self.chance.happens(_COMPANION_LEAVES):
            leaves_at_ns = moment(at_ns, self.session.starts_at_ns, self.chance)
            self._later(leaves_at_ns, self._goes, booking.companions[0], "Cancelled")

    def _leaves(self, at_ns: int, booking: Booking) -> Iterator[Fact]:
        """A party leaves at once, and Zenoti tells so of each guest."""
        waited = booking.registration_id not in self._seated
        if waited:
            self._waiting.remove(booking)
        # A series is told of again later, and what was deleted is told of no more.
        deleted = self.chance.happens(_DELETED_NOT_CANCELLED) and not booking.siblings
        what = "Deleted" if deleted else "Cancelled"
        for guest in booking.party:
            yield from self._goes(at_ns, guest, what)
        final = waited or deleted or booking.companions or self.plan.called_off_at_ns is not None
        if not final and self.chance.happens(_RETURNS):
            self._later(moment(at_ns, self.session.starts_at_ns, self.chance), self._returns, booking)

    def _goes(self, at_ns: int, booking: Booking, what: str) -> Iterator[Fact]:
        if booking.registration_id in self._left:
            return
        self._left.add(booking.registration_id)
        yield changed(at_ns, what, self.session, booking, self.chance)
        if self._seated.pop(booking.registration_id, None) is not None:
            self._later(moment(at_ns, at_ns + _SOON_NS, self.chance), self._moves_up)

    def _returns(self, at_ns: int, booking: Booking) -> Iterator[Fact]:
        """One who had cancelled comes back where there is a place."""
        if self._fits(booking):
            self._seat(booking)
            self._returned.add(booking.registration_id)
            yield decided(at_ns, "Approved", self.session, booking, self.chance)

    def _moves_up(self, at_ns: int) -> Iterator[Fact]:
        if self._waiting and self._fits(self._waiting[0]):
            booking = self._waiting.popleft()
            self._seat(booking)
            yield decided(at_ns, "Approved", self.session, booking, self.chance)
            self._later(moment(at_ns, at_ns + _SOON_NS, self.chance), self._moves_up)

    def _grows(self, at_ns: int) -> Iterator[Fact]:
        self._capacity += self.plan.grows_by
        yield told(at_ns, "Updated", self.session, self._capacity)
        self._later(moment(at_ns, at_ns + _SOON_NS, self.chance), self._moves_up)

    def _called_off(self, at_ns: int) -> Iterator[Fact]:
        """The class does not take place: all who have a place or wait are cancelled, and nobody asks any more."""
        yield told(at_ns, "Cancelled", self.session)
        self._agenda.clear()
        present = [*self._seated.values(), *(guest for booking in self._waiting for guest in booking.party)]
        self._seated.clear()
        self._waiting.clear()
        for booking in present:
            yield from self._goes(moment(at_ns, at_ns + 3 * MINUTE_NS, self.chance), booking, "Cancelled")
        if self.plan.cleared_at_ns is not None:
            yield told(self.plan.cleared_at_ns, "Deleted", self.session)

    def _rejections(self) -> Iterator[Fact]:
        starts_at_ns = self.session.starts_at_ns
        for booking in self._waiting:
            if self.chance.happens(_REJECTED):
                at_ns = moment(starts_at_ns + MINUTE_NS, starts_at_ns + 3 * MINUTE_NS, self.chance)
                yield decided(at_ns, "Rejected", self.session, booking, self.chance)

    def _no_shows(self) -> Iterator[Fact]:
        ends_at_ns = self.session.ends_at_ns
        for number, booking in self._seated.items():
            if self.chance.happens(_NO_SHOW_OF_RETURNED if number in self._returned else _NO_SHOW):
                at_ns = moment(ends_at_ns, ends_at_ns + 40 * MINUTE_NS, self.chance)
                yield changed(at_ns, "NoShow", self.session, booking, self.chance)

    def _fits(self, booking: Booking) -> bool:
        return len(self._seated) + 1 + len(booking.companions) <= self._capacity

    def _seat(self, booking: Booking) -> None:
        for guest in booking.party:
            self._seated[guest.registration_id] = guest
