"""A class session's day is one coherent story: scheduled, booked within its places, attended or called off."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import pytest

from daybook.simulation import Scenario
from tests.simulation.story import Told, sessions, told

A_DAY = [Scenario(seed=seed, centers=4) for seed in range(12)]
MONTHS = [Scenario(seed=21, centers=1, webhooks=20_000)]
"""Long enough for series to reach the weeks into which they were booked."""
ENDS = {"Cancelled": "cancelled", "Deleted": "deleted", "Rejected": "rejected"}


def party(event: Told) -> list[int]:
    """The registrations that come together."""
    named = [guest["registration_id"] for guest in event.data["training_virtual_guests"] or ()]
    return [event.data["registration_id"], *named, *(event.data["guest_registration_ids"] or ())]


@pytest.mark.parametrize("scenario", A_DAY + MONTHS)
def test_a_session_is_scheduled_once_and_before_anything_else_is_told_of_it(scenario: Scenario) -> None:
    for story in sessions(told(scenario)).values():
        kinds = [event.kind for event in story]

        assert kinds[0] == "Class.Schedule.Created"
        assert kinds.count("Class.Schedule.Created") == 1


@pytest.mark.parametrize("scenario", A_DAY + MONTHS)
def test_at_no_time_more_guests_have_a_place_than_there_are_places(scenario: Scenario) -> None:
    full = 0
    for story in sessions(told(scenario)).values():
        capacity, seated = 0, set[int]()
        for event in story:
            what = event.kind.rpartition(".")[2]
            if "sesion_id" in event.data:
                capacity = event.data["capacity"]
            elif what == "Approved" or (what == "Created" and not event.data["waitlist"]):
                seated.update(party(event))
            elif what in ENDS:
                seated.discard(event.data["registration_id"])
            assert len(seated) <= capacity
            full += len(seated) == capacity

    assert full


@pytest.mark.parametrize("scenario", A_DAY)
def test_who_waits_had_no_place_left(scenario: Scenario) -> None:
    waited = 0
    for story in sessions(told(scenario)).values():
        capacity, seated = 0, set[int]()
        for event in story:
            what = event.kind.rpartition(".")[2]
            if "sesion_id" in event.data:
                capacity = event.data["capacity"]
            elif what == "Created" and event.data["waitlist"]:
                waited += 1
                assert len(seated) + len(party(event)) > capacity
            elif what in {"Created", "Approved"}:
                seated.update(party(event))
            elif what in ENDS:
                seated.discard(event.data["registration_id"])

    assert waited


@pytest.mark.parametrize("scenario", A_DAY + MONTHS)
def test_a_class_that_is_called_off_cancels_whoever_had_a_place_or_waited_and_nobody_books_it_any_more(
    scenario: Scenario,
) -> None:
    for story in sessions(told(scenario)).values():
        kinds = [event.kind for event in story]
        if "Class.Schedule.Cancelled" not in kinds:
            continue
        called_off = kinds.index("Class.Schedule.Cancelled")
        before, after = story[:called_off], story[called_off + 1 :]
        gone = {e.data["registration_id"] for e in before if e.kind.rpartition(".")[2] in ENDS and "track_id" in e.data}
        booked = set(chain.from_iterable(party(event) for event in before if event.kind == "Class.Booking.Created"))

        assert {event.kind for event in after} <= {"Class.Booking.Cancelled", "Class.Schedule.Deleted"}
        assert {e.data["registration_id"] for e in after if "track_id" in e.data} == booked - gone


def test_a_session_that_is_deleted_is_told_of_no_more() -> None:
    stories = list(chain.from_iterable(sessions(told(scenario)).values() for scenario in A_DAY))
    deleted = [story for story in stories if any(event.kind == "Class.Schedule.Deleted" for event in story)]

    assert all(story[-1].kind == "Class.Schedule.Deleted" for story in deleted)
    assert {len(story) > 2 for story in deleted} == {True, False}


def test_every_kind_of_change_to_the_schedule_occurs() -> None:
    kinds: Counter[str] = Counter(event.kind for scenario in A_DAY for event in told(scenario))

    assert min(kinds[f"Class.Schedule.{what}"] for what in ("Created", "Updated", "Cancelled", "Deleted")) > 3


def test_who_did_not_come_had_a_place_until_the_end() -> None:
    absent = 0
    for scenario in A_DAY:
        for story in sessions(told(scenario)).values():
            seated: set[int] = set()
            for event in story:
                what = event.kind.rpartition(".")[2]
                if what == "NoShow":
                    absent += 1
                    assert event.data["registration_id"] in seated
                elif "track_id" in event.data and (what == "Approved" or event.data["waitlist"] is False):
                    seated.update(party(event))
                elif what in ENDS and "track_id" in event.data:
                    seated.discard(event.data["registration_id"])

    assert absent > 50


def test_a_series_of_sessions_names_the_others_under_one_recurrence() -> None:
    scheduled = [event.data for event in told(A_DAY[0]) if event.kind == "Class.Schedule.Created"]
    series = [data for data in scheduled if data["is_recurring"]]

    assert 0 < len(series) < len(scheduled)
    for data in series:
        assert data["num_occurences"] == len(data["recurrence_session_ids"]) + 1
        assert data["sesion_id"] not in data["recurrence_session_ids"]


def test_a_guest_whose_series_was_extended_has_the_place_in_that_later_week() -> None:
    stories = sessions(told(MONTHS[0]))
    weeks_ahead = [
        story
        for story in stories.values()
        if any(later.at_ns - story[0].at_ns > 7 * 24 * 3_600_000_000_000 for later in story)
        and any(event.kind == "Class.Booking.NoShow" for event in story)
    ]

    assert weeks_ahead
