"""What happened to registrations on a day: each counted at the instant at which it happened, in center time.

A registration tells no time of its class, and that of its session is unproven, so that nothing is derived from it: a
place that is booked on Monday for Friday is one of Monday's bookings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Select, Table, case, func, select

from daybook.domain.calendar import Span
from daybook.projecting.snapshot import Snapshot
from daybook.reading.clocks import Clocks

R = TypeVar("R", bound=tuple[Any, ...])

_TIMES: Final = ("created_at_ns", "cancelled_at_ns", "no_show_at_ns")


@dataclass(frozen=True, slots=True)
class Bookings:
    """How many registrations were created, cancelled and not attended on the day."""

    bookings: int
    waitlisted: int
    """Of the bookings, those that asked for a place on the waitlist."""
    cancellations: int
    no_shows: int
    centers: frozenset[str | None]
    """Where any of this happened."""


@dataclass(slots=True)
class _Count:
    registrations: int = 0
    waitlisted: int = 0


def count_bookings(registrations: Snapshot, source: str, center_id: str | None, clocks: Clocks) -> Bookings:
    """The figures of one center, or of all."""
    counting = _Counting(registrations, source, center_id)
    seen = {center for time in _TIMES for center in counting.centers(time, clocks.around)}
    days: defaultdict[Span, set[str | None]] = defaultdict(set)
    for center in seen:
        for span in clocks.of(center).spans:
            days[Span(span.from_ns, span.to_ns)].add(center)
    counted, centers = {}, set()
    for time in _TIMES:
        counted[time] = total = _Count()
        for span, of_centers in days.items():
            for center, count in counting.within(time, span, of_centers):
                total.registrations += count.registrations
                total.waitlisted += count.waitlisted
                centers.add(center)
    created, cancelled, not_attended = (counted[time] for time in _TIMES)
    return Bookings(
        bookings=created.registrations,
        waitlisted=created.waitlisted,
        cancellations=cancelled.registrations,
        no_shows=not_attended.registrations,
        centers=frozenset(centers),
    )


class _Counting:
    """Counts in the database, by center: the centers of a source have few different days between them."""

    def __init__(self, snapshot: Snapshot, source: str, center_id: str | None) -> None:
        self._connection: Connection = snapshot.connection
        self._table: Table = snapshot.named("registrations")
        self._where = [self._table.c.source == source]
        if center_id is not None:
            self._where.append(self._table.c.center_id == center_id)

    def centers(self, time: str, span: Span) -> Iterable[str | None]:
        """Those at which this happened in that time."""
        return self._connection.scalars(self._within(select(self._table.c.center_id).distinct(), time, span))

    def within(self, time: str, span: Span, centers: Collection[str | None]) -> Iterator[tuple[str | None, _Count]]:
        """To how many registrations of each of these centers this happened in that time."""
        center_id = self._table.c.center_id
        waitlisted = func.sum(case((self._table.c.waitlist.is_(True), 1), else_=0))
        query = select(center_id, func.count(), waitlisted).group_by(center_id)
        for center, registrations, of_waitlist in self._connection.execute(self._within(query, time, span)):
            if center in centers:
                yield center, _Count(registrations, of_waitlist)

    def _within(self, query: Select[R], time: str, span: Span) -> Select[R]:
        at_ns = self._table.c[time]
        return query.where(*self._where, at_ns >= span.from_ns, at_ns < span.to_ns)
