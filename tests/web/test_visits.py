"""What the API tells of visits: a group and its appointments, joined where they are read."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from daybook.reading import visits
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
from tests.engines import Engine, PostgreSQLEngine
from tests.web.conftest import Client
from tests.web.telling import told

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


def test_what_the_guest_wrote_is_read_from_the_body_and_is_gone_with_it(client: Client, engine: Engine) -> None:
    at = told(
        client,
        group("Created", entry("a1"), event_id="a", at=f"{DAY}08:00:00Z"),
        feedback(feedback_data(), event_id="b", at=f"{DAY}19:00:00Z"),
    )

    visit, words = shown(client, f"visits/{GROUP}", at), shown(client, f"visits/{GROUP}/feedback", at)
    listed = client.get("/v1/main/appointments").text + client.get("/v1/main/history").text
    erase = engine.run if isinstance(engine, PostgreSQLEngine) else engine._run  # type: ignore[attr-defined]
    erase("DELETE FROM bodies")
    later = shown(client, f"visits/{GROUP}/feedback", at)

    assert words == {**visit["feedback"], "comments": "the towels were warm", "body_kept": True}
    assert later == {**visit["feedback"], "comments": None, "body_kept": False}
    assert "towels" not in listed


def test_a_visit_that_nobody_rated_has_no_feedback(client: Client) -> None:
    at = told(client, group("Created", entry("a1"), event_id="a", at=f"{DAY}08:00:00Z"))

    answer = client.get(f"/v1/main/visits/{GROUP}/feedback?min_position={at}")

    assert (answer.status_code, answer.json()["type"]) == (404, "urn:daybook:problem:not-found")
    assert shown(client, "appointments/a1", at)["feedback"] is None


def test_a_feedback_is_visible_in_brief_from_the_appointments_of_its_visit(client: Client) -> None:
    at = told(
        client,
        group("Created", entry("a1"), entry("a2"), event_id="a", at=f"{DAY}08:00:00Z"),
        feedback(aspects_data(), event_id="b", at=f"{DAY}19:00:00Z"),
    )

    first, second = (shown(client, f"appointments/{one}", at)["feedback"] for one in ("a1", "a2"))

    given = shown(client, f"visits/{GROUP}", at)["feedback"]
    assert first == second == {name: given[name] for name in first}
    assert (first["given_at"], first["rating_service"], first["rating"]) == (f"{DAY}19:00:00Z", 3, None)


def test_an_appointment_that_moved_to_another_visit_is_shown_by_both_and_tells_of_both(client: Client) -> None:
    moved = [
        group("Updated", entry("a4"), event_id="c", at=f"{DAY}10:00:00Z"),
        group("Created", entry("a5"), event_id="b", at=f"{DAY}09:00:00Z", appointment_group_id="g6"),
        group("Created", entry("a4"), entry("a5"), event_id="a", at=f"{DAY}08:00:00Z"),
    ]
    at = told(client, *moved, group_status(4, event_id="d", at=f"{DAY}11:00:00Z"))

    before, after = (shown(client, f"visits/{one}", at) for one in (GROUP, "g6"))
    history = client.get("/v1/main/appointments/a5/history").json()["items"]

    assert {one["appointment_id"]: (one["moved_to"], one["removed"]) for one in before["appointments"]} == {
        "a4": (None, False),
        "a5": ("g6", False),
    }
    assert before["progress"]["not_started"] == 1
    assert [(one["appointment_id"], one["moved_to"]) for one in after["appointments"]] == [("a5", None)]
    assert [(one["subject_id"], one["event_id"]) for one in history] == [
        ("a5", "a"),
        (GROUP, "a"),
        ("a5", "b"),
        ("g6", "b"),
        (GROUP, "c"),
        (GROUP, "d"),
    ]
    assert [one["event_id"] for one in before["history"]] == ["a", "a", "a", "b", "c", "c", "d"]


def test_an_appointment_that_was_taken_out_of_every_visit_is_removed_from_that_which_listed_it(client: Client) -> None:
    at = told(
        client,
        group("Created", entry("a1"), event_id="a", at=f"{DAY}08:00:00Z"),
        progress("Started", entry("a1"), event_id="b", at=f"{DAY}09:00:00Z", appointment_group_id=""),
    )

    (one,) = shown(client, f"visits/{GROUP}", at)["appointments"]

    assert (one["appointment_group_id"], one["moved_to"], one["removed"]) == (None, None, True)


def test_a_change_of_a_list_is_told_as_what_came_and_what_went(client: Client) -> None:
    at = told(
        client,
        group("Created", entry("a1"), entry("a2"), event_id="a", at=f"{DAY}08:00:00Z"),
        group("Updated", entry("a3"), entry("a2"), event_id="b", at=f"{DAY}09:00:00Z"),
        group("Updated", entry("a2"), entry("a3"), event_id="c", at=f"{DAY}10:00:00Z"),
    )

    history = shown(client, f"visits/{GROUP}", at)["history"]

    changes = [one["changes"].get("appointment_ids") for one in history if one["kind"] == "appointment-group"]
    assert changes == [
        {"added": ["a1", "a2"], "removed": []},
        {"added": ["a3"], "removed": ["a1"]},
        {"added": [], "removed": []},
    ]


def test_a_start_that_only_utc_tells_anew_has_no_wall_clock_and_no_offset(client: Client) -> None:
    both = {"start_time_in_center": "2026-03-02T09:00:00", "end_time": None}
    at = told(
        client,
        group("Created", entry("a1", **both), event_id="a", at=f"{DAY}08:00:00Z"),
        group("Created", entry("a2", **both), event_id="b", at=f"{DAY}08:00:00Z", appointment_group_id="g2"),
        progress("Started", entry("a1", start_time="2026-03-03T17:00:00"), event_id="c", at=f"{DAY}17:01:00Z"),
    )

    moved, other = (shown(client, f"appointments/{one}", at) for one in ("a1", "a2"))

    assert (moved["start_time"], moved["start_time_in_center"]) == ("2026-03-03T17:00:00Z", None)
    assert (moved["utc_offset_minutes"], other["utc_offset_minutes"]) == (None, -480)


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


NAMES_NONE = ["%20", "0", "-1", "00000000-0000-0000-0000-000000000000"]


@pytest.mark.parametrize("told_id", ["g-unknown", "%2F", "x" * 201, *NAMES_NONE])
def test_a_visit_that_nothing_tells_of_is_not_found(client: Client, told_id: str) -> None:
    told(client, progress("Started", entry("a1"), event_id="a", at=f"{DAY}17:01:00Z", appointment_group_id="-1"))

    answer = client.get(f"/v1/main/visits/{told_id}")

    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:daybook:problem:not-found"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("registrations", "a registration of this id"),
        ("appointments", "an appointment of this id"),
        ("visits", "a visit of this id"),
        ("sessions", "a class session of this id"),
        ("centers", "a center of this id"),
    ],
)
def test_what_is_not_found_is_said_in_words_and_what_names_nothing_is_never_found(
    client: Client, path: str, words: str
) -> None:
    rest = "/days/2026-03-02" if path == "centers" else ""
    # Of centers Zenoti tells nothing, so that any id that names one may.
    ids = [*NAMES_NONE, "%01", *(() if rest else ("unheard",))]

    answers = [client.get(f"/v1/main/{path}/{one}{rest}") for one in ids]

    assert [answer.status_code for answer in answers] == [404] * len(ids)
    assert all(words in answer.json()["detail"] for answer in answers)


def test_rebooked_visits_name_each_other(client: Client) -> None:
    at = told(
        client,
        group("Created", event_id="a", at=f"{DAY}08:00:00Z"),
        group("Created", event_id="b", at=f"{DAY}09:00:00Z", appointment_group_id="G3", rebooked_source_group_id=GROUP),
        group("Created", event_id="c", at=f"{DAY}10:00:00Z", appointment_group_id="G2", rebooked_source_group_id=GROUP),
    )

    assert shown(client, f"visits/{GROUP}", at)["rebooked_as"] == ["g2", "g3"]
    assert shown(client, f"visits/{GROUP}", at)["is_complete"]
    assert shown(client, "visits/g2", at)["rebooked_from"] == GROUP


def test_a_visit_that_more_replace_than_are_shown_is_not_complete(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "REBOOKED_MAX", 1)
    bodies = [group("Created", event_id=one, at=f"{DAY}09:00:00Z", appointment_group_id=one) for one in ("G3", "G2")]
    for body in bodies:
        body["data"]["rebooked_source_group_id"] = GROUP
    at = told(client, group("Created", event_id="a", at=f"{DAY}08:00:00Z"), *bodies)

    visit = shown(client, f"visits/{GROUP}", at)

    assert (visit["rebooked_as"], visit["is_complete"]) == (["g2"], False)


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
