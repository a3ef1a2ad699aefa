"""The figures of a day: what is counted on which one, in center time, and that no order of arrival changes them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daybook.errors import InvalidInstantError
from daybook.reading.days import Day, read_day
from tests.bodies import CENTER, booking, entry, group, group_status, progress
from tests.projecting.book import SOURCE, Book
from tests.projecting.days import Opened
from tests.reading.naive import Naive

LAWS = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
HOUR_NS = 3_600_000_000_000
CENTERS = ("c1", "c2", None)
DATES = ("2026-03-07", "2026-03-08", "2026-03-09")


def figures(day: Day) -> dict[str, Any]:
    told = {field.name: getattr(part, field.name) for part in (day.bookings, day.schedule) for field in fields(part)}
    del told["centers"]
    return told


def at(book: Book, date: str, center_id: str | None = None) -> Day:
    return read_day(book.store, SOURCE, date, center_id)


# Hours around the midnights of centers far in the east and in the west, and around a change of their clocks.
_instants = st.builds(
    "2026-03-{:02}T{:02}:{:02}:00Z".format, st.integers(6, 10), st.integers(0, 23), st.sampled_from([0, 30, 59])
)
_offsets = st.sampled_from([-12 * 60, -8 * 60, -7 * 60, 0, 330, 13 * 60, 14 * 60])
_event_ids = st.integers(0, 30).map(lambda number: f"e{number}")
_centers = st.sampled_from(CENTERS)


@st.composite
def _entries(draw: st.DrawFn) -> dict[str, Any]:
    """Told in both times, in one of them, or in none that can be read."""
    day, hour = draw(st.integers(6, 10)), draw(st.integers(0, 23))
    minutes = draw(_offsets)
    at_center = (day * 24 + hour) * 60 + minutes
    wall_clock = f"2026-03-{at_center // 1440:02}T{at_center // 60 % 24:02}:{at_center % 60:02}:00"
    start = {
        "start_time": draw(st.sampled_from([f"2026-03-{day:02}T{hour:02}:00:00", "soon", None])),
        "start_time_in_center": draw(st.sampled_from([wall_clock, wall_clock, None, "2026-02-30T09:00:00", ""])),
        "end_time": None,
    }
    return entry(f"a{draw(st.integers(1, 5))}", appointment_progress=draw(st.sampled_from([0, 1, 2])), **start)


_group_ids = st.sampled_from(["g1", "g2", "g3", ""])
_bodies = st.one_of(
    st.builds(
        lambda what, number, event_id, at, center, waitlist: booking(
            what, number, event_id=event_id, at=at, center_id=center, waitlist=waitlist
        ),
        st.sampled_from(["Created", "Cancelled", "NoShow"]),
        st.integers(1, 4),
        _event_ids,
        _instants,
        _centers,
        st.sampled_from([True, False, None]),
    ),
    st.builds(
        lambda own, event_id, at, center, group_id: group(
            "Updated", *own, event_id=event_id, at=at, center_id=center, appointment_group_id=group_id
        ),
        st.lists(_entries(), max_size=3, unique_by=lambda one: one["id"]),
        _event_ids,
        _instants,
        _centers,
        st.sampled_from(["g1", "g2", "g3"]),
    ),
    st.builds(
        lambda own, event_id, at, center, group_id: progress(
            "Started", *own, event_id=event_id, at=at, center_id=center, appointment_group_id=group_id
        ),
        st.lists(_entries(), min_size=1, max_size=2, unique_by=lambda one: one["id"]),
        _event_ids,
        _instants,
        _centers,
        _group_ids,
    ),
    st.builds(
        lambda code, event_id, at, group_id: group_status(
            code, event_id=event_id, at=at, appointment_group_id=group_id
        ),
        st.sampled_from([-2, -1, 1, 99]),
        _event_ids,
        _instants,
        st.sampled_from(["g1", "g2", "g3"]),
    ),
)
_days = st.lists(_bodies, min_size=1, max_size=14, unique_by=lambda body: (body["event_type"], body["event_id"]))


@given(bodies=_days, data=st.data())
@LAWS
def test_the_figures_are_those_of_a_naive_count_whatever_order_things_arrived_in(
    opened: Opened, bodies: list[Any], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(bodies + data.draw(st.lists(st.sampled_from(bodies), max_size=3))))

    with opened() as in_order, opened() as in_disorder:
        in_order.tell(*bodies)
        in_order.post()
        for body in shuffled:
            in_disorder.tell(body)
            if data.draw(st.booleans()):
                in_disorder.post()
        in_disorder.post()

        naive = Naive(in_order.journal)
        for date in DATES:
            for center_id in (None, "c1", "c2"):
                counted = figures(at(in_order, date, center_id))
                assert counted == naive.figures(date, center_id), (date, center_id)
                assert figures(at(in_disorder, date, center_id)) == counted, (date, center_id)


def told_of(appointment_id: str, start: str, at_center: str | None, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return entry(appointment_id, start_time=start, start_time_in_center=at_center, **more)


def test_a_booking_is_on_the_day_that_its_centers_clock_shows(book: Book) -> None:
    book.tell(
        group(
            "Created",
            told_of("a1", "2026-03-07T17:00:00", "2026-03-07T09:00:00"),
            event_id="g",
            at="2026-03-01T10:00:00Z",
        ),
        booking("Created", 1, event_id="e1", at="2026-03-08T02:00:00Z", waitlist=True),
        booking("Created", 2, event_id="e2", at="2026-03-08T02:00:00Z", center_id="unheard of"),
        booking("Cancelled", 1, event_id="e3", at="2026-03-08T09:00:00Z"),
    )
    book.post()

    before, after = at(book, "2026-03-07", CENTER), at(book, "2026-03-08", CENTER)

    assert (before.bookings.bookings, before.bookings.waitlisted, before.bookings.cancellations) == (1, 1, 0)
    assert (after.bookings.bookings, after.bookings.cancellations) == (0, 1)
    (elsewhere,) = at(book, "2026-03-08", "unheard of").clocks
    assert (elsewhere.is_known, at(book, "2026-03-08", "unheard of").bookings.bookings) == (False, 1)


def test_a_day_on_which_the_clocks_are_put_forward_has_23_hours(book: Book) -> None:
    early = told_of("a1", "2026-03-08T09:30:00", "2026-03-08T01:30:00")
    late = told_of("a2", "2026-03-08T10:30:00", "2026-03-08T03:30:00")
    book.tell(group("Created", early, late, event_id="g", at="2026-03-01T10:00:00Z"))
    book.post()

    (clock,) = at(book, "2026-03-08", CENTER).clocks

    first, last = clock.spans
    assert (first.offset_minutes, last.offset_minutes) == (-480, -420)
    assert last.to_ns - first.from_ns == 23 * HOUR_NS
    assert at(book, "2026-03-08").schedule.progress == {"not_started": 2}


def test_a_visit_is_on_the_day_of_its_earliest_appointment_that_is_not_removed(book: Book) -> None:
    first = told_of("a1", "2026-03-07T17:00:00", "2026-03-07T09:00:00")
    second = told_of("a2", "2026-03-08T17:00:00", "2026-03-08T09:00:00")
    book.tell(group("Created", first, second, event_id="g1", at="2026-03-01T10:00:00Z"))
    book.post()
    assert [at(book, date).schedule.statuses.total() for date in DATES] == [1, 0, 0]

    book.tell(group("Updated", second, event_id="g2", at="2026-03-02T10:00:00Z"))
    book.post()

    assert [at(book, date).schedule.statuses.total() for date in DATES] == [0, 1, 0]
    assert (at(book, DATES[0]).schedule.removed, at(book, DATES[1]).schedule.removed) == (1, 0)


def test_a_cancelled_visit_whose_list_was_emptied_keeps_its_day(book: Book) -> None:
    book.tell(
        group(
            "Created",
            told_of("a1", "2026-03-07T17:00:00", "2026-03-07T09:00:00"),
            event_id="g1",
            at="2026-03-01T10:00:00Z",
        ),
        group_status(-1, event_id="g2", at="2026-03-02T10:00:00Z"),
        group("Updated", event_id="g3", at="2026-03-02T10:00:01Z"),
    )
    book.post()

    schedule = at(book, "2026-03-07").schedule

    assert (schedule.statuses, schedule.progress.total(), schedule.removed) == ({"cancelled": 1}, 0, 1)


def test_what_tells_no_day_is_undated_on_the_day_on_which_it_was_told(book: Book) -> None:
    book.tell(
        progress("Started", entry("a1", start_time="soon"), event_id="e1", at="2026-03-07T17:00:00Z"),
        group_status(2, event_id="e2", at="2026-03-07T17:00:00Z", appointment_group_id="g9"),
    )
    book.post()

    schedule = at(book, "2026-03-07").schedule

    assert (schedule.undated, schedule.visits_undated) == (1, 1)
    assert (schedule.progress.total(), schedule.statuses.total()) == (0, 0)


def test_an_undated_visit_is_where_its_appointments_are_if_the_group_tells_no_center(book: Book) -> None:
    book.tell(
        progress("Started", entry("a1", start_time="soon"), event_id="e1", at="2026-03-07T17:00:00Z", center_id="c2"),
        group_status(2, event_id="e2", at="2026-03-07T17:00:00Z"),
    )
    book.post()

    days = [at(book, "2026-03-07", center_id) for center_id in (None, "c2", "c1")]

    assert [day.schedule.visits_undated for day in days] == [1, 1, 0]
    assert [clock.center_id for clock in days[0].clocks] == ["c2"]


def test_a_start_that_only_utc_tells_anew_moves_the_appointment_to_another_day(book: Book) -> None:
    book.tell(
        group(
            "Created",
            told_of("a1", "2026-03-07T17:00:00", "2026-03-07T09:00:00"),
            event_id="g1",
            at="2026-03-01T10:00:00Z",
        ),
        progress("Started", entry("a1", start_time="2026-03-09T05:00:00"), event_id="e1", at="2026-03-02T10:00:00Z"),
    )
    book.post()

    totals = [at(book, date, CENTER).schedule.progress.total() for date in DATES]

    # By the center's clock, eight hours behind UTC, it is still the evening of the day before.
    assert totals == [0, 1, 0]


@pytest.mark.parametrize("date", ["2026-02-30", "today", " 2026-03-01", "2026-03-01T00:00:00", "1500-01-01", ""])
def test_what_is_no_date_is_refused(book: Book, date: str) -> None:
    with pytest.raises(InvalidInstantError):
        at(book, date)
