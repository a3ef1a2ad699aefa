"""How far an appointment has got."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from daybook.domain.instants import parse_instant
from tests.bodies import GROUP, THERAPIST, entry, progress, progress_data
from tests.domain.conftest import Replay

Tell = Callable[..., Replay]


def test_it_starts_and_completes(replay: Tell) -> None:
    told = replay(
        [
            progress("Completed", entry("a1", appointment_progress=2), event_id="e2", at="2026-03-02T18:00:00Z"),
            progress("Started", entry("a1", appointment_progress=1), event_id="e1", at="2026-03-02T17:00:00Z"),
        ]
    )

    state = told.appointment("a1")

    assert state.progress == "completed"
    assert state.started_at_ns == parse_instant("2026-03-02T17:00:00Z")
    assert state.completed_at_ns == parse_instant("2026-03-02T18:00:00Z")
    assert state.appointment_group_id == GROUP
    assert state.therapist_id == THERAPIST
    assert state.service_duration_minutes == 60
    assert state.room_id is None


@pytest.mark.parametrize(
    ("told_progress", "event", "progress_now"),
    [
        (0, "Scheduled", "not_started"),
        ("1", "Started", "started"),
        ("2", "Completed", "completed"),
        (None, "Started", "started"),
        (9, "Started", "started"),
    ],
)
def test_an_entrys_own_progress_decides_and_the_webhooks_type_only_where_it_is_unknown(
    replay: Tell, told_progress: object, event: str, progress_now: str
) -> None:
    told = replay(
        [progress("Started", entry("a1", appointment_progress=told_progress), event_id="e1", at="2026-03-02T17:00:00Z")]
    )

    assert [type(one).__name__ for one in told.events] == [event]
    assert told.appointment("a1").progress == progress_now


def test_one_id_twice_in_a_list_makes_one_event_with_the_highest_progress_and_the_first_told_fields(
    replay: Tell,
) -> None:
    twice = [
        entry("A1", appointment_progress=1, room_name=None, service_name="first"),
        entry(" a1 ", appointment_progress=2, room_name="Blue", service_name="second"),
    ]

    told = replay([progress("Started", *twice, event_id="e1", at="2026-03-02T17:00:00Z")])

    (event,) = told.events
    assert type(event).__name__ == "Completed"
    assert told.appointment("a1").service_name == "first"
    assert told.appointment("a1").room_name == "Blue"


def test_a_bare_body_never_takes_progress_back() -> None:
    told = Replay()
    told.tell(progress_data(entry("a1", appointment_progress=2)), "Appointment.Completed")

    told.tell(progress_data(entry("a1", appointment_progress=1)), "Appointment.Started")

    assert told.appointment("a1").progress == "completed"
    assert told.appointment("a1").started_at_ns is None


def test_an_enveloped_body_that_tells_a_reopened_appointment_is_believed(replay: Tell) -> None:
    told = replay(
        [
            progress("Completed", entry("a1", appointment_progress=2), event_id="e1", at="2026-03-02T17:00:00Z"),
            progress("Started", entry("a1", appointment_progress=1), event_id="e2", at="2026-03-02T18:00:00Z"),
        ]
    )

    assert told.appointment("a1").progress == "started"
    assert told.appointment("a1").completed_at_ns == parse_instant("2026-03-02T17:00:00Z")


def test_wall_clock_at_the_center_is_kept_apart_from_utc(replay: Tell) -> None:
    told = replay(
        [
            progress(
                "Started",
                entry("a1", start_time="2026-03-02T17:00:00", start_time_in_center="2026-03-02T09:00:00"),
                event_id="e1",
                at="2026-03-02T17:00:00Z",
            )
        ]
    )

    state = told.appointment("a1")

    assert state.start_time_utc == "2026-03-02T17:00:00"
    assert state.start_time_in_center == "2026-03-02T09:00:00"
