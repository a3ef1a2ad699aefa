"""What a schedule's events make of a session."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec import UNSET

from daybook.domain.instants import parse_instant
from tests.bodies import CENTER, schedule
from tests.domain.conftest import Replay

Tell = Callable[..., Replay]
NINE, TEN, ELEVEN = (f"2026-03-02T{hour}:00:00Z" for hour in ("09", "10", "11"))


def test_a_session_is_scheduled_changed_and_cancelled_in_whatever_order_that_arrives(replay: Tell) -> None:
    told = replay(
        [
            schedule("Cancelled", 900, event_id="e3", at=ELEVEN),
            schedule("Updated", 900, event_id="e2", at=TEN, end_time="2026-03-02T18:00:00"),
            schedule("Created", 900, event_id="e1", at=NINE, end_time="2026-03-02T17:00:00"),
        ]
    )

    state = told.session("900")

    assert (state.status, state.created_at_ns) == ("cancelled", parse_instant(NINE))
    assert state.cancelled_at_ns == parse_instant(ELEVEN)
    assert (state.class_name, state.capacity, state.web_capacity, state.center_id) == ("Morning flow", 10, 5, CENTER)
    assert (state.duration_minutes, state.show_in_catalog, state.is_free_session) == (45, True, False)


def test_its_times_say_that_their_basis_is_not_proved(replay: Tell) -> None:
    state = replay([schedule("Created", 900, event_id="e1", at=NINE)]).session("900")

    assert state.start_time_unproven == "2026-03-02T15:15:00"
    assert state.end_time_unproven == "2026-03-02T16:00:00"
    assert not [name for name in state.__struct_fields__ if name.endswith(("_utc", "_in_center"))]


def test_an_update_alone_tells_that_it_is_scheduled_but_not_since_when(replay: Tell) -> None:
    state = replay([schedule("Updated", 900, event_id="e1", at=NINE)]).session("900")

    assert (state.status, state.created_at_ns) == ("scheduled", None)


def test_an_update_does_not_revive_a_session(replay: Tell) -> None:
    told = replay([schedule("Deleted", 900, event_id="e1", at=NINE), schedule("Updated", 900, event_id="e2", at=TEN)])

    assert (told.session("900").status, told.session("900").deleted_at_ns) == ("deleted", parse_instant(NINE))


def test_null_does_not_erase_and_minus_one_tells_that_there_is_no_limit(replay: Tell) -> None:
    told = replay([schedule("Created", 900, event_id="e1", at=NINE)])
    told.tell(schedule("Updated", 900, event_id="e2", at=TEN, capacity=None, web_capacity=-1, class_name=""))

    state = told.session("900")

    assert (state.capacity, state.web_capacity, state.class_name) == (10, None, None)


def test_the_other_sessions_of_a_series_learn_what_they_share_but_not_when_they_are(replay: Tell) -> None:
    told = replay(
        [schedule("Created", 900, event_id="e1", at=NINE, recurrence_session_ids=[900, 901], recurrence_id=7)]
    )

    other = told.session("901")

    assert (other.status, other.class_name, other.capacity, other.recurrence_id) == (
        "scheduled",
        "Morning flow",
        10,
        "7",
    )
    assert (other.start_time_unproven, other.room_id) == (UNSET, UNSET)
    assert [(event.subject_id, event.role) for event in told.events] == [("900", "primary"), ("901", "recurrence")]


@pytest.mark.parametrize("what", ["Cancelled", "Deleted", "Updated"])
def test_what_happens_to_one_session_of_a_series_is_a_link_for_the_others(replay: Tell, what: str) -> None:
    told = replay([schedule("Created", 901, event_id="e1", at=NINE, class_name="Evening flow")])

    told.tell(schedule(what, 900, event_id="e2", at=TEN, recurrence_session_ids=[901]))

    assert (told.session("901").status, told.session("901").class_name) == ("scheduled", "Evening flow")


def test_a_series_that_is_extended_does_not_revive_a_cancelled_session(replay: Tell) -> None:
    told = replay([schedule("Cancelled", 901, event_id="e1", at=NINE)])

    told.tell(schedule("Created", 902, event_id="e2", at=TEN, recurrence_session_ids=[901]))

    assert (told.session("901").status, told.session("901").created_at_ns) == ("cancelled", None)


def test_a_sessions_own_creation_tells_when_it_was_created(replay: Tell) -> None:
    told = replay([schedule("Created", 900, event_id="e1", at=NINE, recurrence_session_ids=[901])])

    told.tell(schedule("Created", 901, event_id="e2", at=TEN))

    assert told.session("901").created_at_ns == parse_instant(TEN)
