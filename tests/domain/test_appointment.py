"""How far an appointment has got."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from daybook.domain.clock import MINUTE_NS, in_center
from daybook.domain.instants import format_instant, parse_instant
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


NINE, TEN = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"
UTC, WALL = "2026-03-02T17:00:00", "2026-03-02T09:00:00"


def started(event_id: str, at: str, **told: object) -> dict[str, object]:
    """That tells of its times only what is given."""
    own = {name: value for name, value in entry("a1").items() if name not in {"start_time", "end_time"}}
    return progress("Started", {**own, **told}, event_id=event_id, at=at)


@pytest.mark.parametrize("moment", ["start", "end"])
@pytest.mark.parametrize(
    ("again", "utc", "wall"),
    [
        ({"_time": "2026-03-03T17:00:00"}, "2026-03-03T17:00:00", UNSET),
        ({"_time_in_center": "2026-03-03T09:00:00"}, UNSET, "2026-03-03T09:00:00"),
        ({"_time": "", "_time_in_center": None}, None, UNSET),
        ({"_time": f"{UTC}Z"}, f"{UTC}Z", WALL),
        ({"_time_in_center": WALL}, UTC, WALL),
        ({"_time": None}, UTC, WALL),
        ({"_time": "2026-03-03T17:00:00", "_time_in_center": "soon"}, "2026-03-03T17:00:00", "soon"),
    ],
)
def test_a_moment_that_one_clock_tells_anew_is_not_shown_by_the_other_one_any_more(
    replay: Tell, moment: str, again: dict[str, object], utc: object, wall: object
) -> None:
    before = {f"{moment}_time": UTC, f"{moment}_time_in_center": WALL}
    told = replay(
        [
            started("e2", TEN, **{f"{moment}{name}": value for name, value in again.items()}),
            started("e1", NINE, **before),
        ]
    )

    state = told.appointment("a1")

    assert getattr(state, f"{moment}_time_utc") == utc
    assert getattr(state, f"{moment}_time_in_center") == wall


@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans(), st.sampled_from(["", "Z", ".000"])), max_size=6)
)
def test_both_clocks_always_show_one_moment(tellings: list[tuple[int, bool, bool, str]]) -> None:
    told = Replay()
    for number, (hours, by_utc, at_center, spelling) in enumerate(tellings):
        at_ns = parse_instant(UTC) + hours * 60 * MINUTE_NS
        times = {"start_time": format_instant(at_ns)[:-1] + spelling} if by_utc else {}
        times |= {"start_time_in_center": in_center(at_ns, -480)} if at_center else {}
        told.tell(started(f"e{number}", NINE, **times))

    state = told.appointment("a1")

    if state is not None and isinstance(state.start_time_utc, str) and isinstance(state.start_time_in_center, str):
        ahead_ns = parse_instant(state.start_time_in_center) - parse_instant(state.start_time_utc)
        assert ahead_ns == -480 * MINUTE_NS
    last = next((one for one in reversed(tellings) if one[1] or one[2]), None)
    if last is not None:
        assert state.start_time_utc is not UNSET or state.start_time_in_center is not UNSET
