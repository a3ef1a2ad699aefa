"""What the API tells of visits: a group and its appointments, joined where they are read."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.bodies import (
    CENTER,
    GROUP,
    GUEST,
    aspects_data,
    entry,
    feedback,
    feedback_data,
    group,
    group_deleted,
    group_status,
    progress,
)
from tests.web.conftest import Client
from tests.web.test_reads import told

DAY = "2026-03-02T"


def shown(client: Client, path: str, at: int, **asked: str) -> Any:  # noqa: ANN401  what JSON holds
    answer = client.get(f"/v1/main/{path}", params={**asked, "min_position": str(at)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_visit_is_shown_whole_with_fees_and_feedback_but_never_the_words(client: Client) -> None:
    at = told(
        client,
        group("Created", entry("a1"), entry("a2"), event_id="a", at=f"{DAY}08:00:00Z", utm_source="newsletter"),
        progress("Started", entry("a1"), event_id="b", at=f"{DAY}17:01:00Z"),
        group_status(1, event_id="c", at=f"{DAY}18:10:00Z", receipt_number="R-7"),
        feedback(feedback_data(rating_value=5), event_id="d", at=f"{DAY}19:00:00Z"),
    )

    visit = shown(client, f"visits/{GROUP.upper()}", at)

    assert (visit["appointment_group_id"], visit["status"], visit["center_id"], visit["guest_id"]) == (
        GROUP,
        "closed",
        CENTER,
        GUEST,
    )
    assert (visit["center_name"], visit["utm_source"], visit["receipt_number"]) == ("Northgate", "newsletter", "R-7")
    assert (visit["is_no_show_fee_required"], visit["is_cancellation_fee_required"]) == (True, False)
    assert (visit["created_at"], visit["closed_at"]) == (f"{DAY}08:00:00Z", f"{DAY}18:10:00Z")
    assert [(one["appointment_id"], one["progress"]) for one in visit["appointments"]] == [
        ("a1", "started"),
        ("a2", "not_started"),
    ]
    assert visit["progress"] == {"not_started": 1, "started": 1, "completed": 0}
    assert (visit["is_complete"], visit["findings"]) == (True, [])
    assert (visit["feedback"]["rating"], visit["feedback"]["given_at"]) == (5, f"{DAY}19:00:00Z")
    assert [tag["name"] for tag in visit["feedback"]["tags"]] == ["ambience", "check-in"]
    assert "towels" not in msgspec.json.encode(visit).decode()
    body = client.get(f"/v1/main/deliveries/{visit['feedback']['delivery_id']}/body")
    assert b"the towels were warm" in body.content


def test_a_feedback_of_the_first_version_is_shown_by_its_aspects(client: Client) -> None:
    at = told(client, feedback(aspects_data(), event_id="a", at=f"{DAY}19:00:00Z"))

    given = shown(client, f"visits/{GROUP}", at)["feedback"]

    assert (given["version"], given["rating"], given["tags"]) == (1, None, [])
    assert (given["rating_service"], given["rating_therapist"]) == (3, 5)
    assert (given["recommendation"], given["is_shared"]) == (True, True)


def test_an_appointment_tells_what_became_of_its_group_and_whether_it_was_removed_from_it(client: Client) -> None:
    at = told(
        client,
        group("Created", entry("a1"), entry("a2"), event_id="a", at=f"{DAY}08:00:00Z"),
        group("Updated", entry("a2"), event_id="b", at=f"{DAY}09:00:00Z"),
        group_status(4, event_id="c", at=f"{DAY}10:00:00Z"),
    )

    first, second = (shown(client, f"appointments/{one}", at) for one in ("a1", "a2"))
    listed = shown(client, "appointments", at, progress="not_started")["items"]
    visit = shown(client, f"visits/{GROUP}", at)

    assert (first["group_status"], first["removed"]) == ("confirmed", True)
    assert (second["group_status"], second["removed"]) == ("confirmed", False)
    assert sorted((one["appointment_id"], one["removed"]) for one in listed) == [("a1", True), ("a2", False)]
    assert sorted((one["appointment_id"], one["removed"]) for one in visit["appointments"]) == [
        ("a1", True),
        ("a2", False),
    ]
    assert visit["progress"]["not_started"] == 1


def test_an_old_list_that_arrives_late_neither_revives_nor_removes(client: Client) -> None:
    at = told(
        client,
        group("Updated", entry("a2"), event_id="b", at=f"{DAY}09:00:00Z"),
        group("Created", entry("a1"), entry("a2"), event_id="a", at=f"{DAY}08:00:00Z"),
        group("Updated", event_id="0", at=f"{DAY}07:00:00Z"),
    )

    visit = shown(client, f"visits/{GROUP}", at)

    assert sorted((one["appointment_id"], one["removed"]) for one in visit["appointments"]) == [
        ("a1", True),
        ("a2", False),
    ]


def test_a_status_that_nobody_knows_is_shown_as_its_number_and_found(client: Client) -> None:
    at = told(
        client,
        group("Created", entry("a1"), event_id="a", at=f"{DAY}08:00:00Z"),
        group_status(99, event_id="b", at=f"{DAY}09:00:00Z"),
    )

    visit = shown(client, f"visits/{GROUP}", at)

    assert (visit["status"], shown(client, "appointments/a1", at)["group_status"]) == ("99", "99")
    assert [finding["code"] for finding in visit["findings"]] == ["unknown_status_code"]
    assert visit["history"][-1]["changes"]["status"] == {"from": "new", "to": "99"}


def test_a_group_that_only_its_appointments_tell_of_is_a_visit_without_a_status(client: Client) -> None:
    at = told(client, progress("Started", entry("a1"), event_id="a", at=f"{DAY}17:01:00Z"))

    visit = shown(client, f"visits/{GROUP}", at)

    assert (visit["status"], visit["version"], visit["position"], visit["feedback"]) == (None, 0, None, None)
    assert [one["appointment_id"] for one in visit["appointments"]] == ["a1"]
    assert [entry["kind"] for entry in visit["history"]] == ["appointment"]


def test_a_group_of_which_only_its_end_was_told_is_a_visit_without_appointments(client: Client) -> None:
    at = told(client, group_deleted(event_id="a", at=f"{DAY}08:00:00Z"))

    visit = shown(client, f"visits/{GROUP}", at)

    assert (visit["status"], visit["deleted_at"], visit["appointments"]) == ("deleted", f"{DAY}08:00:00Z", [])


@pytest.mark.parametrize("told_id", ["g-unknown", "%2F", "x" * 201])
def test_a_visit_that_nothing_tells_of_is_not_found(client: Client, told_id: str) -> None:
    answer = client.get(f"/v1/main/visits/{told_id}")

    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:daybook:problem:not-found"


def test_rebooked_visits_name_each_other(client: Client) -> None:
    at = told(
        client,
        group("Created", event_id="a", at=f"{DAY}08:00:00Z"),
        group("Created", event_id="b", at=f"{DAY}09:00:00Z", appointment_group_id="G3", rebooked_source_group_id=GROUP),
        group("Created", event_id="c", at=f"{DAY}10:00:00Z", appointment_group_id="G2", rebooked_source_group_id=GROUP),
    )

    assert shown(client, f"visits/{GROUP}", at)["rebooked_as"] == ["g2", "g3"]
    assert shown(client, "visits/g2", at)["rebooked_from"] == GROUP


def test_the_history_of_an_appointment_contains_what_happened_to_its_group_and_marks_it(client: Client) -> None:
    told(
        client,
        group("Created", entry("a1"), event_id="a", at=f"{DAY}08:00:00Z"),
        progress("Started", entry("a1"), event_id="c", at=f"{DAY}17:01:00Z"),
        group_status(2, event_id="b", at=f"{DAY}16:55:00Z"),
    )

    items = client.get("/v1/main/appointments/a1/history").json()["items"]

    assert [(one["kind"], one["subject_id"], one["type"]) for one in items] == [
        ("appointment", "a1", "Appointment.Scheduled"),
        ("appointment-group", GROUP, "AppointmentGroup.Listed"),
        ("appointment-group", GROUP, "AppointmentGroup.StatusChanged"),
        ("appointment", "a1", "Appointment.Started"),
    ]
    assert items[2]["changes"]["status"] == {"from": "new", "to": "checked_in"}
    assert shown(client, f"visits/{GROUP}", 4)["history"] == items


def test_a_twin_is_marked_with_the_delivery_that_told_the_fact_first_and_changes_nothing(client: Client) -> None:
    at = told(
        client,
        group_status(2, event_id="t2", at=f"{DAY}16:55:00Z"),
        group_status(2, event_id="t1", at=f"{DAY}16:55:00Z"),
    )

    first, second = shown(client, f"visits/{GROUP}", at)["history"]

    assert (first["event_id"], first["twin_of"]) == ("t1", None)
    assert (second["event_id"], second["twin_of"]) == ("t2", first["delivery_id"])
    assert second["changes"] == {}


def test_the_etag_of_an_appointment_changes_with_its_group_alone(client: Client) -> None:
    at = told(client, group("Created", entry("a1"), event_id="a", at=f"{DAY}08:00:00Z"))
    before = client.get(f"/v1/main/appointments/a1?min_position={at}")

    at = told(client, group_status(2, event_id="b", at=f"{DAY}16:55:00Z"))
    after = client.get(f"/v1/main/appointments/a1?min_position={at}", headers={"If-None-Match": before.headers["etag"]})

    assert after.status_code == 200
    assert before.json()["position"] == after.json()["position"]


def test_events_of_a_group_are_found_in_the_history_beside_those_of_its_appointments(client: Client) -> None:
    at = told(
        client,
        group("Created", entry("a1"), event_id="a", at=f"{DAY}08:00:00Z"),
        group_status(2, event_id="b", at=f"{DAY}16:55:00Z"),
        group_status(2, event_id="c", at=f"{DAY}16:55:00Z", appointment_group_id="g2"),
    )

    items = shown(client, "history", at, appointment_group_id=GROUP)["items"]

    assert sorted(one["type"] for one in items) == [
        "Appointment.Scheduled",
        "AppointmentGroup.Listed",
        "AppointmentGroup.StatusChanged",
    ]
