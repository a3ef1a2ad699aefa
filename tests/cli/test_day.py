"""`daybook day`: the figures of a day in center time, in the shape of the API."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.bodies import CENTER, booking, entry, group, group_status
from tests.cli.conftest import Run
from tests.cli.own import follow

AT_NINE = {"start_time": "2026-03-02T17:00:00", "start_time_in_center": "2026-03-02T09:00:00"}


@pytest.fixture
def day(told: Callable[..., None]) -> None:
    told(
        group("Created", entry("a1", **AT_NINE), entry("a2", **AT_NINE), event_id="g1", at="2026-03-01T10:00:00Z"),
        group_status(-2, event_id="g2", at="2026-03-02T18:00:00Z"),
        booking("Created", 1, event_id="e1", at="2026-03-03T04:00:00Z"),
        booking("Created", 2, event_id="e2", at="2026-03-03T05:00:00Z", waitlist=True),
        booking("NoShow", 1, event_id="e3", at="2026-03-03T06:00:00Z"),
    )
    follow()


@pytest.mark.usefixtures("day")
def test_a_day_is_told_in_center_time_and_in_the_shape_of_the_api(run: Run) -> None:
    shown = json.loads(run("day", "2026-03-02", "--json").stdout)

    assert shown["registrations"] == {
        "bookings": 2,
        "waitlisted": 1,
        "cancellations": 0,
        "no_shows": 1,
        "cancellation_rate": 0.0,
        "no_show_rate": 0.5,
    }
    assert (shown["visits"]["by_status"], shown["visits"]["no_show_rate"]) == ({"no_show": 1}, 1.0)
    assert shown["appointments"]["by_progress"] == {"not_started": 2, "started": 0, "completed": 0}
    assert shown["clock"] == [
        {
            "center_id": CENTER,
            "utc_offset_minutes": -480,
            "begins_at": "2026-03-02T08:00:00Z",
            "ends_at": "2026-03-03T08:00:00Z",
        }
    ]


@pytest.mark.usefixtures("day")
def test_a_day_of_one_center_is_shown_to_people(run: Run) -> None:
    shown = run("day", "2026-03-02", "--center", CENTER.upper()).stdout

    assert f"2026-03-02 center {CENTER}" in shown
    assert "50.0% of the bookings made that day" in shown
    assert "UTC-8" in shown


@pytest.mark.usefixtures("day")
def test_a_day_on_which_nothing_happened_has_no_rates(run: Run) -> None:
    shown = json.loads(run("day", "2026-03-05", "--json").stdout)

    assert shown["registrations"]["no_show_rate"] is None
    assert shown["visits"] == {
        "total": 0,
        "by_status": {},
        "cancellation_rate": None,
        "no_show_rate": None,
        "undated": 0,
    }
    assert run("day", "2026-03-05").exit_code == 0


def test_what_no_follower_has_posted_yet_is_said_to_be_missing(run: Run, told: Callable[..., None]) -> None:
    told(booking("Created", 1, event_id="e1", at="2026-03-03T04:00:00Z"))

    result = run("day", "2026-03-03")

    assert "1 event behind the journal" in result.stderr


@pytest.mark.usefixtures("day")
def test_what_is_no_date_is_a_usage_error(run: Run) -> None:
    assert run("day", "yesterday").exit_code == 2
