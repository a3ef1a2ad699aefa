"""A day as the API tells it. Free of the web framework, since the command line tells the same."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from daybook.domain.appointment import Progress
from daybook.domain.group_status import NO_VISIT
from daybook.reading.clocks import Clock
from daybook.reading.days import Day, rate
from daybook.web.shapes import Instant
from daybook.web.shaping import instant

_PROGRESS: Final[tuple[Progress, ...]] = ("not_started", "started", "completed")
_UNKNOWN: Final = "unknown"
_OF_VISITS: Final = f"Of those in the total whose status is none of {', '.join(sorted(NO_VISIT))}."

Rate: TypeAlias = Annotated[
    float | None, Meta(description="To four digits; null where there is nothing to divide by.", examples=[0.0526])
]


class DayOfRegistrations(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to class bookings on the day: each counted at the instant at which it happened."""

    bookings: Annotated[int, Meta(description="Created on the day, for whatever day the class is.")]
    waitlisted: Annotated[int, Meta(description="Of the bookings, those for a place on the waitlist.")]
    cancellations: Annotated[int, Meta(description="Cancelled on the day, whenever they were booked.")]
    no_shows: Annotated[int, Meta(description="Told on the day to be no-shows.")]
    cancellation_rate: Annotated[Rate, Meta(description="Cancellations for each booking of the day; can pass 1.")]
    no_show_rate: Annotated[Rate, Meta(description="No-shows for each booking of the day; can pass 1.")]


class DayOfVisits(msgspec.Struct, frozen=True, kw_only=True):
    """Visits (appointment groups), each on the day of its earliest appointment that is not removed."""

    total: Annotated[int, Meta(description="All that is in the book, breaks and what was deleted among it.")]
    by_status: Annotated[
        dict[str, int],
        Meta(description="`unknown` where nothing told a status; the digits of a code that nobody knows."),
    ]
    cancellation_rate: Annotated[Rate, Meta(description=f"What part of the visits is cancelled now. {_OF_VISITS}")]
    no_show_rate: Annotated[Rate, Meta(description=f"What part of the visits is a no-show now. {_OF_VISITS}")]
    undated: Annotated[
        int, Meta(description="Last told of on the day, and no appointment of them has a day. Not in the total.")
    ]


class DayOfAppointments(msgspec.Struct, frozen=True, kw_only=True):
    """Appointments, each on the day of its start at the center."""

    total: Annotated[
        int,
        Meta(description="Also those of visits that were cancelled or deleted, unless their list took them out."),
    ]
    by_progress: Annotated[dict[Progress, int], Meta(description="Of the same: a cancelled visit's are not started.")]
    removed: Annotated[int, Meta(description="Taken out of their visit. Not in the total.")]
    undated: Annotated[
        int, Meta(description="Last told of on the day, with no start that tells a day. Not in the total.")
    ]


class CenterClock(msgspec.Struct, frozen=True, kw_only=True):
    """The day as one center's clock shows it."""

    center_id: str | None
    utc_offset_minutes: Annotated[
        int | None,
        Meta(
            description="When the day begins there; null where nothing told it: the day is then UTC's.",
            examples=[-480],
        ),
    ]
    begins_at: Instant | None
    ends_at: Annotated[Instant | None, Meta(description="23 to 25 hours later.")]


class DayFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one day in center time."""

    source: str
    date: Annotated[str, Meta(examples=["2022-03-22"])]
    center_id: Annotated[str | None, Meta(description="Null for all centers, each by its own clock.")]
    registrations: DayOfRegistrations
    visits: DayOfVisits
    appointments: DayOfAppointments
    clock: Annotated[list[CenterClock], Meta(description="Of every center that the figures count anything of.")]


def figures_of(source: str, day: Day) -> DayFigures:
    """The day in the shape of the API."""
    bookings, schedule = day.bookings, day.schedule
    visits, appointments = schedule.statuses.total(), schedule.progress.total()
    expected = sum(count for status, count in schedule.statuses.items() if status not in NO_VISIT)
    statuses = {_UNKNOWN if status is None else status: count for status, count in schedule.statuses.items()}
    return DayFigures(
        source=source,
        date=day.date,
        center_id=day.center_id,
        registrations=DayOfRegistrations(
            bookings=bookings.bookings,
            waitlisted=bookings.waitlisted,
            cancellations=bookings.cancellations,
            no_shows=bookings.no_shows,
            cancellation_rate=rate(bookings.cancellations, bookings.bookings),
            no_show_rate=rate(bookings.no_shows, bookings.bookings),
        ),
        visits=DayOfVisits(
            total=visits,
            by_status=dict(sorted(statuses.items())),
            cancellation_rate=rate(statuses.get("cancelled", 0), expected),
            no_show_rate=rate(statuses.get("no_show", 0), expected),
            undated=schedule.visits_undated,
        ),
        appointments=DayOfAppointments(
            total=appointments,
            by_progress={progress: schedule.progress[progress] for progress in _PROGRESS},
            removed=schedule.removed,
            undated=schedule.undated,
        ),
        clock=[_clock(clock) for clock in day.clocks],
    )


def _clock(clock: Clock) -> CenterClock:
    if not clock.spans:
        return CenterClock(center_id=clock.center_id, utc_offset_minutes=None, begins_at=None, ends_at=None)
    first, last = clock.spans[0], clock.spans[-1]
    return CenterClock(
        center_id=clock.center_id,
        utc_offset_minutes=first.offset_minutes,
        begins_at=instant(first.from_ns),
        ends_at=instant(last.to_ns),
    )
