"""What the bodies about a class session tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from msgspec import UNSET

from daybook.domain.class_session import ClassSessionEvent
from daybook.zenoti.subjects import FAN_OUT_MAX
from daybook.zenoti.translate import Translation
from tests.bodies import schedule, schedule_data

Read = Callable[..., Translation]
AT = "2026-03-01T09:00:00.1234567Z"


def session_event(translation: Translation) -> ClassSessionEvent:
    assert translation.outcome == "recorded", translation.detail
    return cast("ClassSessionEvent", translation.events[0])


@pytest.mark.parametrize("what", ["Created", "Updated", "Cancelled", "Deleted"])
def test_each_type_is_an_event_of_the_session(read: Read, what: str) -> None:
    (event,) = read(schedule(what, 900, event_id="e1", at=AT)).events

    assert (event.type_name(), event.subject_id, event.event_id) == (f"ClassSession.{what}", "900", "e1")


def test_a_session_is_told_as_told(read: Read) -> None:
    event = session_event(read(schedule("Created", 900, event_id="e1", at=AT, capacity=-1, room_id="", code="C")))

    assert (event.class_name, event.capacity, event.web_capacity, event.room_id) == ("Morning flow", -1, 5, "")
    assert (event.start_time_unproven, event.end_time_unproven) == ("2026-03-02T15:15:00", "2026-03-02T16:00:00")
    assert (event.duration_minutes, event.show_in_catalog, event.recurrence_id) == (45, True, None)


@pytest.mark.parametrize(
    "data",
    [
        {"sesion_id": 900},
        {"session_id": "900"},
        {"SesionId": " 900"},
        {"sesion_id": None, "session_id": 900},
        {"sesion_id": -1, "session_id": 900},
    ],
)
def test_both_spellings_of_its_key_are_read(read: Read, data: dict[str, Any]) -> None:
    event = session_event(read(data, "Class.Schedule.Updated"))

    assert (event.subject_id, event.class_name) == ("900", UNSET)


@pytest.mark.parametrize(
    ("told", "weekdays"), [(["Mon", "Wed"], "Mon, Wed"), ([1, 3], "1, 3"), ("Mon,Wed", "Mon,Wed"), (5, "5"), ([], "")]
)
def test_weekdays_are_read_as_a_text_or_a_list(read: Read, told: object, weekdays: str) -> None:
    event = session_event(read(schedule("Created", 900, event_id="e1", at=AT, weekdays=told)))

    assert event.recurrence_weekdays == weekdays


@pytest.mark.parametrize("spelling", ["num_occurences", "num_occurrences"])
def test_a_series_is_told_of_each_of_its_sessions(read: Read, spelling: str) -> None:
    data = schedule_data(900, recurrence_session_ids=["900", 901, "", 902, 901], recurrence_id=7, frequency=2)
    del data["num_occurences"]
    data[spelling] = 3

    translation = read(data, "Class.Schedule.Created")

    events = cast("tuple[ClassSessionEvent, ...]", translation.events)
    assert [(event.subject_id, event.role) for event in events] == [
        ("900", "primary"),
        ("901", "recurrence"),
        ("902", "recurrence"),
    ]
    assert events[0].recurrence_session_ids == ("901", "902")
    assert {event.primary_session_id for event in events[1:]} == {"900"}
    assert (events[0].recurrence_count, events[0].recurrence_frequency) == (3, 2)
    assert translation.detail == "1 of 4 entries name no class session and make no event"


def test_a_series_whose_body_names_no_session_of_its_own_still_tells_of_the_others(read: Read) -> None:
    (event,) = read({"sesion_id": "", "recurrence_session_ids": [901]}, "Class.Schedule.Created").events

    assert (event.subject_id, event.role) == ("901", "recurrence")
    assert cast("ClassSessionEvent", event).primary_session_id is UNSET


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        ("no_subject", {"sesion_id": 0}),
        ("no_subject", {"class_name": "Morning flow"}),
        ("no_subject", {"sesion_id": "", "recurrence_session_ids": [-1]}),
        ("invalid_id", {"sesion_id": 1.5}),
        ("invalid_list", schedule_data(900, recurrence_session_ids="901,902")),
        ("too_many_subjects", schedule_data(1, recurrence_session_ids=[*range(2, FAN_OUT_MAX + 2)])),
    ],
)
def test_what_cannot_be_understood_is_quarantined_with_the_reason(
    read: Read, reason: str, data: dict[str, Any]
) -> None:
    assert read(data, "Class.Schedule.Created").reason == reason
