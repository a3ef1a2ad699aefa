"""What the API tells of class sessions and their rosters."""

from __future__ import annotations

from typing import Any

from tests.bodies import CENTER, booking, schedule
from tests.web.conftest import Client
from tests.web.telling import told
from tests.web.test_visits import shown

DAY = "2026-03-02T"


def test_a_session_is_shown_with_its_roster_against_its_capacity(client: Client) -> None:
    at = told(
        client,
        schedule("Created", 900, event_id="s", at=f"{DAY}07:00:00Z", capacity=3),
        booking("Created", 1, event_id="a", at=f"{DAY}08:00:00Z", waitlist=False),
        booking("Created", 2, event_id="b", at=f"{DAY}08:00:01Z", waitlist=True),
        booking("Created", 3, event_id="c", at=f"{DAY}08:00:02Z", waitlist=False),
        booking("NoShow", 3, event_id="d", at=f"{DAY}16:00:00Z"),
        booking("Cancelled", 4, event_id="e", at=f"{DAY}08:00:03Z"),
        booking("Created", 5, event_id="f", at=f"{DAY}08:00:04Z", session_id=901),
    )

    session = shown(client, "sessions/900", at)

    assert [*session][:3] == ["source", "session_id", "status"]
    assert [*session][-2:] == ["items", "cursor"]
    assert (session["session_id"], session["status"], session["center_id"]) == ("900", "scheduled", CENTER)
    assert (session["class_name"], session["duration_minutes"]) == ("Morning flow", 45)
    assert (session["start_time"], session["end_time"], session["start_time_basis"]) == (
        "2026-03-02T15:15:00",
        "2026-03-02T16:00:00",
        "unproven",
    )
    assert session["roster"] == {
        "booked": 1,
        "waitlisted": 1,
        "approved": 0,
        "rejected": 0,
        "cancelled": 1,
        "deleted": 0,
        "no_show": 1,
        "unknown": 0,
        "taken": 2,
        "capacity": 3,
        "free": 1,
    }
    assert [one["registration_id"] for one in session["items"]] == ["3", "4", "2", "1"]
    assert (session["cursor"], session["findings"]) == (None, [])


def test_a_session_with_more_taken_places_than_it_has_is_found(client: Client) -> None:
    at = told(
        client,
        schedule("Created", 900, event_id="s", at=f"{DAY}07:00:00Z", capacity=1),
        booking("Created", 1, event_id="a", at=f"{DAY}08:00:00Z"),
        booking("Created", 2, event_id="b", at=f"{DAY}08:00:01Z"),
    )

    session = shown(client, "sessions/900", at)

    assert session["roster"]["free"] == -1
    assert [finding["code"] for finding in session["findings"]] == ["capacity_exceeded"]


def test_a_capacity_of_0_proves_nothing(client: Client) -> None:
    at = told(
        client,
        schedule("Created", 900, event_id="s", at=f"{DAY}07:00:00Z", capacity=0),
        booking("Created", 1, event_id="a", at=f"{DAY}08:00:00Z"),
    )

    session = shown(client, "sessions/900", at)

    assert (session["capacity"], session["roster"]["free"], session["findings"]) == (0, None, [])


def test_a_registration_carries_its_session_s_name_and_time_once_they_are_known(client: Client) -> None:
    at = told(client, booking("Created", 1, event_id="a", at=f"{DAY}08:00:00Z"))
    before = client.get(f"/v1/main/registrations/1?min_position={at}")

    at = told(client, schedule("Created", 900, event_id="s", at=f"{DAY}07:00:00Z"))
    after = client.get(f"/v1/main/registrations/1?min_position={at}")
    listed = shown(client, "registrations", at, session_id="900")["items"]

    assert before.json()["session"] is None
    assert after.json()["session"] == {
        "session_id": "900",
        "status": "scheduled",
        "class_name": "Morning flow",
        "start_time": "2026-03-02T15:15:00",
        "end_time": "2026-03-02T16:00:00",
        "start_time_basis": "unproven",
        "capacity": 10,
    }
    assert listed == [after.json()]
    assert before.headers["etag"] != after.headers["etag"]


def test_a_session_that_only_registrations_tell_of_answers_too(client: Client) -> None:
    at = told(client, booking("Created", 1, event_id="a", at=f"{DAY}08:00:00Z"))

    session = shown(client, "sessions/900", at)

    assert (session["status"], session["class_name"], session["version"]) == ("unknown", None, 0)
    assert (session["roster"]["taken"], session["roster"]["capacity"], session["roster"]["free"]) == (1, None, None)
    assert client.get("/v1/main/sessions/900/history").status_code == 404


def test_a_session_that_nothing_tells_of_is_not_found(client: Client) -> None:
    assert client.get("/v1/main/sessions/77").status_code == 404


def test_the_registrations_of_a_session_come_in_pages_that_miss_none(client: Client) -> None:
    at = told(client, *(booking("Created", n, event_id=f"e{n}", at=f"{DAY}08:00:0{n // 3}Z") for n in range(1, 8)))
    seen: list[str] = []
    asked: dict[str, Any] = {"limit": 3, "min_position": at}

    while True:
        page = client.get("/v1/main/sessions/900", params=asked).json()
        seen += [one["registration_id"] for one in page["items"]]
        assert page["roster"]["booked"] == 7
        if page["cursor"] is None:
            break
        asked["cursor"] = page["cursor"]

    assert seen == ["7", "6", "5", "4", "3", "2", "1"]
    other = client.get("/v1/main/sessions/901", params={"cursor": asked["cursor"]})
    assert other.json()["type"] == "urn:daybook:problem:invalid-cursor"


def test_the_history_of_a_session_tells_what_each_event_changed(client: Client) -> None:
    told(
        client,
        schedule("Cancelled", 900, event_id="b", at=f"{DAY}09:00:00Z", class_name=None),
        schedule("Created", 900, event_id="a", at=f"{DAY}07:00:00Z"),
    )

    first, second = client.get("/v1/main/sessions/900/history").json()["items"]

    assert (first["kind"], first["subject_id"], first["type"]) == ("class-session", "900", "ClassSession.Created")
    assert first["changes"]["start_time"] == {"from": None, "to": "2026-03-02T15:15:00"}
    assert second["changes"]["status"] == {"from": "scheduled", "to": "cancelled"}


def test_events_of_a_session_are_found_in_the_history_beside_those_of_its_registrations(client: Client) -> None:
    at = told(
        client,
        schedule("Created", 900, event_id="s", at=f"{DAY}07:00:00Z"),
        booking("Created", 1, event_id="a", at=f"{DAY}08:00:00Z"),
        booking("Created", 2, event_id="b", at=f"{DAY}08:00:00Z", session_id=901),
    )

    items = shown(client, "history", at, session_id="900")["items"]

    assert [one["type"] for one in items] == ["Registration.Created", "ClassSession.Created"]
    assert [one["registration_id"] for one in items] == ["1", None]
