"""A visit is one coherent story, from its booking to the feedback or to whatever ended it before."""

from __future__ import annotations

from collections import Counter

import pytest

from daybook.simulation import Scenario
from tests.simulation.story import Told, told, visits

SCENARIOS = [Scenario(seed=seed, centers=4) for seed in range(8)]
BEFORE_ARRIVAL = {"Created", "Updated", "Delete", 4}
TREATED = {"Started", "Completed"}


def steps(story: list[Told]) -> list[str | int]:
    """The kinds of events of a visit, a status by its code."""
    return [event.data.get("appointment_group_status", event.kind.partition(".")[2]) for event in story]


def listed(event: Told) -> set[str]:
    return {entry["id"].lower() for entry in event.data["appointments"]}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_visit_is_booked_first_and_ends_in_one_way(scenario: Scenario) -> None:
    for story in visits(told(scenario)).values():
        told_of = steps(story)
        ends = [step for step in told_of if step in {1, -1, -2}]

        assert told_of[0] == "Created"
        assert len(ends) == 1 or told_of[-1] == "Delete"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_guest_who_comes_is_checked_in_then_treated_then_leaves(scenario: Scenario) -> None:
    came = 0
    for story in visits(told(scenario)).values():
        told_of = steps(story)
        if 2 not in told_of:
            assert not TREATED & set(told_of)
            continue
        came += 1
        arrived, left = told_of.index(2), told_of.index(1)
        assert set(told_of[:arrived]) <= BEFORE_ARRIVAL
        assert set(told_of[arrived + 1 : left]) <= TREATED
        assert set(told_of[left + 1 :]) <= {8, "Feedback"}

    assert came > 20


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_exactly_the_appointments_of_the_latest_list_start_in_their_order(scenario: Scenario) -> None:
    for story in visits(told(scenario)).values():
        lists = [
            event for event in story if event.kind.startswith("AppointmentGroup.") and "appointments" in event.data
        ]
        latest = [event for event in lists if event.data["appointments"] is not None][-1]
        order = [entry["id"].lower() for entry in latest.data["appointments"]]
        started = [
            entry["id"].lower()
            for event in story
            if event.kind == "Appointment.Started"
            for entry in event.data["appointments"]
            if int(entry["appointment_progress"]) > 0
        ]

        assert list(dict.fromkeys(started)) == (order if 2 in steps(story) else [])


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_visit_is_booked_before_it_starts_and_its_times_agree_with_the_list(scenario: Scenario) -> None:
    for story in visits(told(scenario)).values():
        planned = {
            (entry["id"].lower(), entry["start_time"])
            for event in story
            if event.kind.startswith("AppointmentGroup.")
            for entry in event.data.get("appointments") or ()
        }
        for event in story:
            if event.kind in {"Appointment.Started", "Appointment.Completed"}:
                shown = {(entry["id"].lower(), entry["start_time"]) for entry in event.data["appointments"]}
                assert shown <= planned


def test_a_rebooked_visit_names_one_of_the_same_guest_that_was_cancelled_just_before() -> None:
    rebooked = 0
    for scenario in SCENARIOS:
        stories = visits(told(scenario))
        for story in stories.values():
            source = story[0].data.get("rebooked_source_group_id")
            if source is None:
                continue
            rebooked += 1
            replaced = stories[source]
            cancelled = next(event for event in replaced if event.data.get("appointment_group_status") == -1)
            assert replaced[0].data["guest"]["id"].lower() == story[0].data["guest"]["id"].lower()
            assert 0 < story[0].at_ns - cancelled.at_ns <= 120_000_000_000

    assert rebooked > 10


def test_updates_add_remove_and_move_appointments_and_some_tell_nothing_of_them() -> None:
    changes: Counter[str] = Counter()
    for scenario in SCENARIOS:
        for story in visits(told(scenario)).values():
            for before, after in ((story[0], event) for event in story if event.kind == "AppointmentGroup.Updated"):
                if after.data.get("appointments") is None:
                    changes["null" if "appointments" in after.data else "absent"] += 1
                    continue
                had, has = listed(before), listed(after)
                changes["added"] += had < has
                changes["removed"] += has < had and bool(has)
                changes["emptied"] += not has
                changes["moved"] += has == had

    assert set(changes) == {"null", "absent", "added", "removed", "emptied", "moved"}


def test_fees_are_due_only_from_who_did_not_come_or_cancelled_and_receipts_are_given_to_who_leaves() -> None:
    due: Counter[tuple[int, str, str]] = Counter()
    for scenario in SCENARIOS:
        for event in told(scenario):
            if event.kind == "AppointmentGroup.Status":
                code = event.data["appointment_group_status"]
                fees = event.data["is_noshowfeerequired"], event.data["is_cancellationfeerequired"]
                due[code, *fees] += 1
                assert (event.data["receipt_number"] == "0") == (code not in {1, 8})

    assert {code for code, *_ in due} == {-2, -1, 1, 2, 4, 8}
    assert {code for code, no_show, _ in due if no_show == "Yes"} == {-2}
    assert {code for code, _, cancellation in due if cancellation == "Yes"} == {-1}


def test_a_visit_that_was_deleted_is_gone_unless_it_is_created_again() -> None:
    stories = [story for scenario in SCENARIOS for story in visits(told(scenario)).values()]
    after = [steps(story)[steps(story).index("Delete") + 1 :] for story in stories if "Delete" in steps(story)]

    assert {tuple(rest[:1]) for rest in after} == {(), ("Created",)}
    assert all(rest[-1] in {1, 8, "Feedback"} for rest in after if rest)


def test_feedback_comes_in_both_versions_after_the_guest_has_left() -> None:
    versions: Counter[int] = Counter()
    for scenario in SCENARIOS:
        for story in visits(told(scenario)).values():
            for nth, event in enumerate(story):
                if event.kind == "Appointment.Feedback":
                    versions[event.data["version"]] += 1
                    assert steps(story)[nth - 1] == 1
                    assert isinstance(event.data["rating_value"], dict) is (event.data["version"] == 1)
                    assert ("guest_feedback_tags" in event.data) is (event.data["version"] == 2)

    assert min(versions[1], versions[2]) > 5
