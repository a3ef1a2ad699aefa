from __future__ import annotations

from typing import Any

import pytest

from tests.bodies import CENTER, GUEST, THERAPIST, booking, entry, progress
from tests.web.conftest import Client
from tests.web.telling import told

DAY = "2026-03-02T"


def test_a_registration_is_shown_with_every_time_it_went_through(client: Client) -> None:
    at = told(
        client,
        booking("Created", 43987, event_id="a", at=f"{DAY}08:00:00.1Z", waitlist=False, booking_source=3),
        booking("Cancelled", 43987, event_id="b", at=f"{DAY}09:00:00Z"),
        booking("NoShow", 43987, event_id="c", at=f"{DAY}10:00:00.6984376Z"),
    )

    answer = client.get("/v1/main/registrations/43987", params={"min_position": at})

    assert answer.status_code == 200
    assert answer.json() == {
        "source": "main",
        "registration_id": "43987",
        "status": "no_show",
        "guest_id": GUEST,
        "center_id": CENTER,
        "session_id": "900",
        "class_id": "701",
        "workshop_id": "700",
        "track_id": None,
        "waitlist": False,
        "booking_source": 3,
        "group_invoice_id": None,
        "is_recurring": False,
        "recurrence_id": None,
        "created_at": f"{DAY}08:00:00.1Z",
        "approved_at": None,
        "rejected_at": None,
        "cancelled_at": f"{DAY}09:00:00Z",
        "deleted_at": None,
        "no_show_at": f"{DAY}10:00:00.6984376Z",
        "session": None,
        "occurred_at": f"{DAY}10:00:00.6984376Z",
        "recorded_at": answer.json()["recorded_at"],
        "time_basis": "event",
        "version": 3,
        "position": 3,
        "findings": [
            {
                "code": "no_show_after_cancelled",
                "occurred_at": f"{DAY}10:00:00.6984376Z",
                "suggests": "Class.Booking.Approved or Class.Booking.Created after it was cancelled",
            }
        ],
    }
    assert (answer.headers["daybook-position"], answer.headers["daybook-lag"]) == ("3", "0")


def test_an_appointment_is_shown_with_its_progress_and_both_kinds_of_time(client: Client) -> None:
    times = {"start_time_in_center": "2026-03-02T12:00:00", "end_time_in_center": "2026-03-02T13:00:00"}
    at = told(
        client,
        progress("Started", entry("AP-1", appointment_progress=1, **times), event_id="a", at=f"{DAY}17:01:00Z"),
        progress("Completed", entry("AP-1", appointment_progress=2), event_id="b", at=f"{DAY}18:01:00Z"),
    )

    shown = client.get("/v1/main/appointments/ap-1", params={"min_position": at}).json()

    assert (shown["progress"], shown["started_at"], shown["completed_at"]) == (
        "completed",
        f"{DAY}17:01:00Z",
        f"{DAY}18:01:00Z",
    )
    assert (shown["start_time"], shown["start_time_in_center"]) == (f"{DAY}17:00:00Z", f"{DAY}12:00:00")
    assert (shown["therapist_id"], shown["room_id"]) == (THERAPIST, None)
    assert (shown["utc_offset_minutes"], shown["group_status"], shown["removed"]) == (-300, None, False)
    assert [finding["code"] for finding in shown["findings"]] == ["appointment_without_group"]


@pytest.mark.parametrize("spelling", ["AP-1", "ap-1", "%20Ap-1%20"])
def test_ids_in_paths_are_compared_trimmed_and_lower_cased(client: Client, spelling: str) -> None:
    at = told(client, progress("Started", entry("aP-1"), event_id="a", at=f"{DAY}17:01:00Z"))

    assert client.get(f"/v1/main/appointments/{spelling}?min_position={at}").json()["appointment_id"] == "ap-1"
    assert len(client.get(f"/v1/main/appointments/{spelling}/history").json()["items"]) == 1


def test_the_history_of_one_tells_in_order_of_occurrence_what_each_event_changed(client: Client) -> None:
    told(
        client,
        booking("NoShow", 1, event_id="b", at=f"{DAY}10:00:00Z"),
        booking("Created", 1, event_id="a", at=f"{DAY}08:00:00Z", waitlist=True),
    )

    first, second = client.get("/v1/main/registrations/1/history").json()["items"]

    assert (first["type"], first["zenoti_type"], first["event_id"]) == (
        "Registration.Created",
        "Class.Booking.Created",
        "a",
    )
    assert (first["late"], second["late"]) == (True, False)
    assert (first["version"], second["version"]) == (2, 1)
    assert first["changes"]["status"] == {"from": "unknown", "to": "waitlisted"}
    assert first["changes"]["created_at"] == {"from": None, "to": f"{DAY}08:00:00Z"}
    assert second["changes"] == {
        "status": {"from": "waitlisted", "to": "no_show"},
        "no_show_at": {"from": None, "to": f"{DAY}10:00:00Z"},
    }
    assert (first["role"], first["origin"], first["signature"]) == ("primary", "webhook", "unchecked")


def test_the_history_of_an_appointment_names_its_times_as_its_state_does(client: Client) -> None:
    told(client, progress("Started", entry("AP-1"), event_id="a", at=f"{DAY}17:01:00Z"))

    (item,) = client.get("/v1/main/appointments/AP-1/history").json()["items"]

    assert item["changes"]["start_time"] == {"from": None, "to": f"{DAY}17:00:00Z"}
    assert item["changes"]["started_at"] == {"from": None, "to": f"{DAY}17:01:00Z"}
    assert not [name for name in item["changes"] if name.endswith(("_ns", "_utc"))]


def test_lists_come_newest_first_in_pages_that_neither_skip_nor_repeat(client: Client) -> None:
    bodies = [booking("Created", n, event_id=f"e{n}", at=f"{DAY}08:00:{n // 2:02d}Z") for n in range(1, 12)]
    params: dict[str, Any] = {"limit": 3, "min_position": told(client, *bodies)}
    pages = []

    while True:
        page = client.get("/v1/main/registrations", params=params).json()
        pages.append([item["registration_id"] for item in page["items"]])
        if page["cursor"] is None:
            break
        params["cursor"] = page["cursor"]

    listed = [subject for page in pages for subject in page]
    assert [len(page) for page in pages] == [3, 3, 3, 2]
    assert sorted(listed, key=int) == [str(n) for n in range(1, 12)]
    occurred = [int(subject) // 2 for subject in listed]
    assert occurred == sorted(occurred, reverse=True)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=cancelled", ["2"]),
        ("status=booked&session_id=900", ["1"]),
        ("session_id=901", ["3"]),
        (f"guest_id={GUEST.upper()}", ["3", "2", "1"]),
        (f"center_id={CENTER}&status=no_show", []),
        (f"occurred_from={DAY}09:00:00Z", ["3", "2"]),
        (f"occurred_from={DAY}09:00:00Z&occurred_to={DAY}10:00:00Z", ["2"]),
    ],
)
def test_registrations_are_found_by_what_they_are(client: Client, query: str, found: list[str]) -> None:
    at = told(
        client,
        booking("Created", 1, event_id="a", at=f"{DAY}08:00:00Z"),
        booking("Cancelled", 2, event_id="b", at=f"{DAY}09:00:00Z"),
        booking("Created", 3, event_id="c", at=f"{DAY}10:00:00Z", session_id=901),
    )

    items = client.get(f"/v1/main/registrations?min_position={at}&{query}").json()["items"]

    assert [item["registration_id"] for item in items] == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [3, 2, 1]),
        ("registration_id=1", [2, 1]),
        ("appointment_id=AP-1", [3]),
        ("type=Registration.Cancelled", [2]),
        (f"guest_id={GUEST}", [2, 1]),
        (f"center_id={CENTER}", [3, 2, 1]),
        (f"from={DAY}09:00:00Z&to={DAY}17:01:00Z", [2]),
        ("time=recorded&from=2026-03-03T00:00:00Z&registration_id=1", [2, 1]),
    ],
)
def test_the_history_is_searched_across_streams(client: Client, query: str, found: list[int]) -> None:
    at = told(
        client,
        booking("Created", 1, event_id="a", at=f"{DAY}08:00:00Z"),
        booking("Cancelled", 1, event_id="b", at=f"{DAY}09:00:00Z"),
        progress("Started", entry("AP-1"), event_id="c", at=f"{DAY}17:01:00Z"),
    )

    items = client.get(f"/v1/main/history?min_position={at}&{query}").json()["items"]

    assert [item["position"] for item in items] == found


def test_an_answer_that_the_caller_has_is_not_sent_again_until_it_changes(client: Client) -> None:
    at = told(client, booking("Created", 1, event_id="a", at=f"{DAY}08:00:00Z"))
    path = "/v1/main/registrations/1"
    etag = client.get(path, params={"min_position": at}).headers["etag"]

    unchanged = client.get(path, headers={"If-None-Match": f'"other", W/{etag}'})
    at = told(client, booking("NoShow", 1, event_id="b", at=f"{DAY}09:00:00Z"))
    changed = client.get(path, params={"min_position": at}, headers={"If-None-Match": etag})

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (unchanged.headers["etag"], unchanged.headers["daybook-position"]) == (etag, "1")
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


def test_an_event_that_does_not_concern_it_leaves_an_answers_etag_and_moves_its_position(client: Client) -> None:
    at = told(client, booking("Created", 1, event_id="a", at=f"{DAY}08:00:00Z"))
    before = client.get("/v1/main/registrations/1", params={"min_position": at})
    at = told(client, booking("Created", 2, event_id="b", at=f"{DAY}08:00:00Z"))

    after = client.get("/v1/main/registrations/1", params={"min_position": at})

    assert after.headers["etag"] == before.headers["etag"]
    assert (before.headers["daybook-position"], after.headers["daybook-position"]) == ("1", "2")


@pytest.mark.parametrize("path", ["registrations/1", "registrations", "history", "deliveries"])
def test_a_read_that_must_be_fresher_than_can_be_waited_for_is_told_to_come_again(client: Client, path: str) -> None:
    told(client, booking("Created", 1, event_id="a", at=f"{DAY}08:00:00Z"))

    answer = client.get(f"/v1/main/{path}", params={"min_position": 5})

    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:daybook:problem:projection-behind"
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    "path",
    [
        "registrations/404",
        "registrations/404/history",
        "appointments/none",
        "appointments/none/history",
        f"registrations/{'9' * 201}",
        "registrations/%00",
        "deliveries/none",
        "deliveries/0196f3a2-7c1e-7d9b-8a51-2f6c0d4e9b13",
        "deliveries/0196f3a2-7c1e-7d9b-8a51-2f6c0d4e9b13/body",
        "nothing",
    ],
)
def test_what_is_not_there_is_not_found(client: Client, path: str) -> None:
    answer = client.get(f"/v1/main/{path}")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["type"] == "urn:daybook:problem:not-found"


@pytest.mark.parametrize("path", ["registrations/1", "registrations", "history", "deliveries", "quarantine"])
def test_a_source_that_is_not_set_up_is_not_found(client: Client, path: str) -> None:
    answer = client.get(f"/v1/elsewhere/{path}")

    assert (answer.status_code, answer.json()["type"]) == (404, "urn:daybook:problem:unknown-source")


@pytest.mark.parametrize(
    "query",
    [
        "registrations?status=anna@example.com",
        "registrations?limit=0",
        "registrations?limit=1001",
        "registrations?limit=many",
        "registrations?cursor=anna@example.com",
        "registrations?occurred_from=yesterday",
        "registrations?occurred_to=2026-03-02",
        "registrations?guest_id=a%2Fb",
        "registrations?min_position=-1",
        "registrations?min_position=99999999999999999999",
        "registrations?unknown=1",
        "registrations?status=booked&status=booked",
        "registrations/1?unknown=1",
        "appointments?progress=done",
        "history?type=Registration.Lost",
        "history?time=told",
        "history?from=now",
        "deliveries?outcome=lost",
        "deliveries?to=now",
        "quarantine?cursor=x",
    ],
)
def test_what_cannot_be_meant_is_refused_without_repeating_it(client: Client, query: str) -> None:
    answer = client.get(f"/v1/main/{query}")

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["type"] in {"urn:daybook:problem:invalid-parameter", "urn:daybook:problem:invalid-cursor"}
    assert "anna" not in answer.text


def test_a_cursor_is_refused_under_other_filters(client: Client) -> None:
    at = told(client, *(booking("Created", n, event_id=f"e{n}", at=f"{DAY}08:00:00Z") for n in range(3)[1:]))
    cursor = client.get(f"/v1/main/registrations?limit=1&min_position={at}").json()["cursor"]

    same = client.get("/v1/main/registrations", params={"cursor": cursor, "limit": 2})
    other = client.get("/v1/main/registrations", params={"cursor": cursor, "status": "booked"})
    elsewhere = client.get("/v1/main/history", params={"cursor": cursor})

    assert same.status_code == 200
    assert [answer.json()["type"] for answer in (other, elsewhere)] == ["urn:daybook:problem:invalid-cursor"] * 2
