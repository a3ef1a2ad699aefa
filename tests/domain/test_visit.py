"""What a group and its appointments tell of each other, and what was told twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from daybook.domain.fold import history
from daybook.domain.identity import Kind
from daybook.domain.twin import twins
from daybook.domain.visit import interleaved, is_removed, rebooked_as
from tests.bodies import GROUP, booking, entry, group, group_deleted, group_status, progress
from tests.domain.conftest import Replay

Tell = Callable[..., Replay]
NINE, TEN, ELEVEN = (f"2026-03-02T{hour}:00:00Z" for hour in ("09", "10", "11"))
BOTH = group("Created", entry("a1"), entry("a2"), event_id="e1", at=NINE)


def removed(told: Replay, appointment_id: str) -> bool:
    return is_removed(told.appointment(appointment_id), told.group())


def test_an_appointment_that_the_latest_list_does_not_name_is_removed(replay: Tell) -> None:
    told = replay([group("Updated", entry("a2"), event_id="e2", at=TEN), BOTH])

    assert (removed(told, "a1"), removed(told, "a2")) == (True, False)


def test_an_empty_list_removes_all(replay: Tell) -> None:
    told = replay([BOTH, group("Updated", event_id="e2", at=TEN)])

    assert (removed(told, "a1"), removed(told, "a2")) == (True, True)


@pytest.mark.parametrize("appointments", [None, [{"id": None}, entry("a2")]])
def test_a_list_that_is_not_told_whole_removes_nothing(replay: Tell, appointments: object) -> None:
    told = replay([BOTH, group("Updated", event_id="e2", at=TEN, appointments=appointments)])

    assert not removed(told, "a1")


def test_a_list_that_is_absent_removes_nothing(replay: Tell) -> None:
    without = group("Updated", event_id="e2", at=TEN)
    del without["data"]["appointments"]

    assert not removed(replay([BOTH, without]), "a1")


def test_what_was_told_of_an_appointment_after_the_list_is_not_taken_away_by_it(replay: Tell) -> None:
    told = replay([BOTH, group("Updated", event_id="e2", at=TEN)])

    told.tell(progress("Started", entry("a1"), event_id="e3", at=ELEVEN))

    assert (removed(told, "a1"), removed(told, "a2")) == (False, True)


def test_within_one_tick_the_event_id_tells_which_came_first(replay: Tell) -> None:
    started = progress("Started", entry("a1"), event_id="e2", at=TEN)

    assert removed(replay([BOTH, started, group("Updated", event_id="e3", at=TEN)]), "a1")
    assert not removed(replay([BOTH, started, group("Updated", event_id="e1", at=TEN)]), "a1")


def test_a_list_of_started_appointments_is_not_the_whole_group(replay: Tell) -> None:
    told = replay([BOTH, progress("Started", entry("a1"), event_id="e2", at=TEN)])

    assert not removed(told, "a2")


def test_an_appointment_that_moved_to_another_group_is_not_removed(replay: Tell) -> None:
    told = replay([BOTH, group("Updated", entry("a1"), event_id="e2", at=TEN, appointment_group_id="g2")])
    told.tell(group("Updated", entry("a2"), event_id="e3", at=ELEVEN))

    assert not is_removed(told.appointment("a1"), told.group("g2"))
    assert not is_removed(told.appointment("a1"), told.group()), "it is another group's list"
    assert not is_removed(told.appointment("a1"), None)


def test_a_rebooked_visit_is_found_from_both_sides(replay: Tell) -> None:
    told = replay([BOTH, group("Created", event_id="e2", at=TEN, appointment_group_id="g2", **rebooked(GROUP))])
    told.tell(group("Created", event_id="e3", at=ELEVEN, appointment_group_id="g3", **rebooked("g3")))
    groups = [told.group(), told.group("g2"), told.group("g3")]

    assert told.group("g2").rebooked_source_group_id == GROUP
    assert rebooked_as(GROUP, groups) == ("g2",)
    assert rebooked_as("g3", groups) == (), "a group does not replace itself"


def rebooked(group_id: str) -> dict[str, Any]:
    return {"rebooked_source_group_id": group_id.upper()}


def test_the_history_of_an_appointment_can_tell_what_happened_to_its_group(replay: Tell) -> None:
    told = replay(
        [group_deleted(event_id="e3", at=ELEVEN), BOTH, progress("Started", entry("a1"), event_id="e2", at=TEN)]
    )

    entries = interleaved(
        history(told.stream(Kind.APPOINTMENT, "a1")), history(told.stream(Kind.APPOINTMENT_GROUP, GROUP))
    )

    assert [(one.event.KIND.value, one.event.type_name()) for one in entries] == [
        ("appointment", "Appointment.Scheduled"),
        ("appointment-group", "AppointmentGroup.Listed"),
        ("appointment", "Appointment.Started"),
        ("appointment-group", "AppointmentGroup.Deleted"),
    ]


def test_one_fact_under_two_event_ids_is_a_twin_whichever_arrived_first() -> None:
    def deliveries(bodies: Sequence[Any]) -> tuple[list[str | None], list[str | None]]:
        told = Replay()
        for body in bodies:
            told.tell(body)
        names = {event.delivery_id: event.event_id for event in told.events}
        found = twins(told.stream(Kind.APPOINTMENT_GROUP, GROUP))
        return [names[twin] for twin in found], [names[first] for first in found.values()]

    bodies = [group_status(2, event_id=event_id, at=NINE) for event_id in ("e1", "e2")]
    bodies += [group_status(1, event_id="e3", at=NINE), group_status(2, event_id="e4", at=TEN)]

    assert deliveries(bodies) == deliveries(bodies[::-1]) == (["e2"], ["e1"])


def test_a_twin_changes_no_state(replay: Tell) -> None:
    once = [booking("Cancelled", 1, event_id="e1", at=NINE)]

    twice = replay([*once, booking("Cancelled", 1, event_id="e2", at=NINE)]).registration("1")

    assert (twice.status, twice.cancelled_at_ns) == ("cancelled", replay(once).registration("1").cancelled_at_ns)
