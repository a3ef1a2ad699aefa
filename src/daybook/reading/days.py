"""The figures of a day in center time: bookings and what became of them, visits and appointments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from daybook.projecting.read_store import ReadStore
from daybook.reading.bookings import Bookings, count_bookings
from daybook.reading.clocks import Clock, Clocks
from daybook.reading.schedule import Schedule, count_schedule

PROJECTIONS: Final = ("appointments", "registrations")
"""What a day is read from."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of one center, or of all centers of a source, each by its own clock."""

    date: str
    center_id: str | None
    """None for all."""
    bookings: Bookings
    schedule: Schedule
    clocks: tuple[Clock, ...]
    """Of the center, or of those that the figures count anything of: by id, that of no center last."""
    position: int
    """Everything up to it is counted."""


def read_day(store: ReadStore, source: str, date: str, center_id: str | None = None) -> Day:
    """The day as the read models tell it now, whatever the order in which anything arrived.

    Raises `InvalidInstantError` for what is no date, `ProjectionError` where a read model is not there.
    """
    with store.together(*PROJECTIONS) as (appointments, registrations):
        clocks = Clocks(appointments, source, date)
        bookings = count_bookings(registrations, source, center_id, clocks)
        schedule = count_schedule(appointments, source, center_id, clocks)
        centers = bookings.centers | schedule.centers if center_id is None else {center_id}
        return Day(
            date=date,
            center_id=center_id,
            bookings=bookings,
            schedule=schedule,
            clocks=tuple(clocks.of(center) for center in sorted(centers, key=lambda one: (one is None, one or ""))),
            position=min(appointments.cursor.position, registrations.cursor.position),
        )


def rate(part: int, whole: int) -> float | None:
    """To four digits; None where there is nothing to divide by."""
    return round(part / whole, 4) if whole else None
