"""`daybook show` and `daybook history`: state, and how it came about, straight from the journal."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from litestar.testing import TestClient
from msgspec.structs import replace

from daybook.bootstrap import bootstrap
from daybook.domain.fold import withdrawal
from daybook.domain.identity import Kind, stream_id
from daybook.settings import Settings
from daybook.web.app import create_app
from tests.bodies import GROUP, booking, entry, feedback, feedback_data, group, group_status, progress, schedule
from tests.cli.conftest import Run
from tests.cli.own import follow

CREATED = booking("Created", 43, event_id="a1", at="2026-03-01T10:00:00.1234567Z", waitlist=True)
APPROVED = booking("Approved", 43, event_id="a2", at="2026-03-01T11:00:00Z")
CANCELLED = booking("Cancelled", 43, event_id="a3", at="2026-03-02T10:00:00Z")


def test_state_and_history_are_shown_without_a_server(run: Run, told: Callable[..., None]) -> None:
    told(CREATED, CANCELLED, APPROVED)

    result = run("show", "registration", "43")

    assert result.exit_code == 0
    assert "registration 43 cancelled" in result.stdout
    assert "waitlisted → approved" in result.stdout
    assert "approved → cancelled" in result.stdout
    assert result.stdout.index("Approved") < result.stdout.index("Cancelled")


def test_what_came_after_something_later_is_called_late(run: Run, told: Callable[..., None]) -> None:
    told(CREATED, CANCELLED, APPROVED)

    items = json.loads(run("history", "registration", "43", "--json").stdout)["items"]

    assert [(item["type"], item["late"]) for item in items] == [
        ("Registration.Created", False),
        ("Registration.Approved", True),
        ("Registration.Cancelled", False),
    ]
    assert items[0]["occurred_at"] == "2026-03-01T10:00:00.1234567Z"
    assert items[1]["changes"]["status"] == {"from": "waitlisted", "to": "approved"}
    assert items[1]["changes"]["approved_at"] == {"from": None, "to": "2026-03-01T11:00:00Z"}


def test_show_keeps_to_the_last_five_changes_and_says_so(run: Run, told: Callable[..., None]) -> None:
    told(*(booking("Approved", 43, event_id=f"b{day}", at=f"2026-03-0{day}T10:00:00Z") for day in range(1, 8)))

    shown = json.loads(run("show", "registration", "43", "--json").stdout)

    assert [item["event_id"] for item in shown["history"]] == ["b3", "b4", "b5", "b6", "b7"]
    assert "2 more: daybook history registration 43" in run("show", "registration", "43").stdout


def test_an_appointment_is_shown_with_utc_and_wall_clock_apart(run: Run, told: Callable[..., None]) -> None:
    started = entry("AB-1", appointment_progress=1, start_time_in_center="2026-03-02T09:00:00")
    told(progress("Started", started, event_id="c1", at="2026-03-02T17:01:00Z"))

    shown = json.loads(run("show", "appointment", "ab-1", "--json").stdout)

    assert shown["progress"] == "started"
    assert shown["start_time"] == "2026-03-02T17:00:00Z"
    assert shown["start_time_in_center"] == "2026-03-02T09:00:00"
    assert shown["history"][0]["changes"]["start_time"] == {"from": None, "to": "2026-03-02T17:00:00Z"}


@pytest.mark.parametrize("spelling", ["AB-1", " ab-1 ", "aB-1"])
def test_ids_are_found_in_any_spelling(run: Run, told: Callable[..., None], spelling: str) -> None:
    told(booking("Created", "Ab-1", event_id="a1", at="2026-03-01T10:00:00Z"))

    assert run("show", "registration", spelling).exit_code == 0


def test_what_nothing_told_of_is_not_there(run: Run, told: Callable[..., None]) -> None:
    told(CREATED)

    result = run("history", "appointment", "43")

    assert result.exit_code == 1
    assert "appointment 43" in result.stderr


def test_what_was_withdrawn_was_never_told(run: Run, told: Callable[..., None]) -> None:
    told(CREATED)
    daybook = bootstrap(Settings.load(), follower=False)
    (event,) = daybook.journal.stream(stream_id("main", Kind.REGISTRATION, "43"))
    version = event.originator_version + 1
    daybook.journal.events.put([replace(withdrawal(event, event.translation + 1), originator_version=version)])
    daybook.close()

    for command in ("show", "history"):
        result = run(command, "registration", "43")
        assert (result.exit_code, "has told nothing of registration 43" in result.stderr) == (1, True)


def test_a_registration_tells_its_session_and_what_cannot_be_right(run: Run, told: Callable[..., None]) -> None:
    told(CANCELLED, schedule("Created", 900, event_id="s1", at="2026-02-01T10:00:00Z"))

    shown = json.loads(run("show", "registration", "43", "--json").stdout)

    assert (shown["session"]["class_name"], shown["session"]["start_time_basis"]) == ("Morning flow", "unproven")
    assert [finding["code"] for finding in shown["findings"]] == ["no_created"]
    assert "! no_created" in run("show", "registration", "43").stdout


def test_an_appointment_tells_of_its_group_and_contains_its_history(run: Run, told: Callable[..., None]) -> None:
    told(
        group("Created", entry("a1"), entry("a2"), event_id="g1", at="2026-03-01T10:00:00Z"),
        group("Updated", entry("a2"), event_id="g2", at="2026-03-01T11:00:00Z"),
        group_status(4, event_id="g3", at="2026-03-01T12:00:00Z"),
    )

    shown = json.loads(run("show", "appointment", "a1", "--json").stdout)

    assert (shown["group_status"], shown["removed"]) == ("confirmed", True)
    assert [(item["kind"], item["type"]) for item in shown["history"]][1:] == [
        ("appointment-group", "AppointmentGroup.Listed"),
        ("appointment-group", "AppointmentGroup.Listed"),
        ("appointment-group", "AppointmentGroup.StatusChanged"),
    ]
    assert "appointment_ids -1" in run("history", "appointment", "a1").stdout


def test_an_appointment_tells_how_its_visit_was_rated(run: Run, told: Callable[..., None]) -> None:
    told(
        group("Created", entry("a1"), event_id="g1", at="2026-03-01T10:00:00Z"),
        feedback(feedback_data(), event_id="f1", at="2026-03-03T12:00:00Z"),
    )

    shown, state = (
        run("show", "appointment", "a1").stdout,
        json.loads(run("show", "appointment", "a1", "--json").stdout),
    )

    assert (state["feedback"]["rating"], state["feedback"]["given_at"]) == (3, "2026-03-03T12:00:00Z")
    assert "rating 3" in shown
    assert "towels" not in shown


def test_an_appointment_that_moved_on_is_told_by_the_visit_that_it_left(run: Run, told: Callable[..., None]) -> None:
    told(
        group("Created", entry("a1"), event_id="g1", at="2026-03-01T10:00:00Z"),
        group("Created", entry("a1"), event_id="g2", at="2026-03-01T11:00:00Z", appointment_group_id="g2"),
    )
    follow()

    assert "moved to" in run("show", "visit", GROUP).stdout
    assert "moved to" not in run("show", "visit", "g2").stdout


def test_a_visit_is_shown_with_its_appointments_and_what_the_guest_wrote(run: Run, told: Callable[..., None]) -> None:
    at_nine = {"start_time_in_center": "2026-03-02T09:00:00"}
    told(
        group("Created", entry("a1", **at_nine), event_id="g1", at="2026-03-01T10:00:00Z"),
        group_status(4, event_id="g2", at="2026-03-01T12:00:00Z"),
        feedback(feedback_data(), event_id="f1", at="2026-03-03T12:00:00Z"),
    )
    follow()

    shown, visit = run("show", "visit", GROUP.upper()).stdout, json.loads(run("show", "visit", GROUP, "--json").stdout)

    assert f"visit {GROUP} confirmed" in shown
    assert "2026-03-02 09:00" in shown
    assert "“the towels were warm”" in shown
    assert visit["feedback"]["delivery_id"] in shown
    assert "towels" not in json.dumps(visit)
    assert [one["appointment_id"] for one in visit["appointments"]] == ["a1"]
    assert json.loads(run("history", "visit", GROUP, "--json").stdout)["items"] == visit["history"]
    assert "appointment a1" in run("history", "visit", GROUP).stdout


def test_a_session_is_shown_with_its_roster(run: Run, told: Callable[..., None]) -> None:
    told(
        schedule("Created", 900, event_id="s1", at="2026-02-01T10:00:00Z", capacity=1),
        booking("Created", 1, event_id="e1", at="2026-02-02T10:00:00Z"),
        booking("Created", 2, event_id="e2", at="2026-02-02T11:00:00Z"),
    )
    follow()

    shown, session = run("show", "session", "900").stdout, json.loads(run("show", "session", "900", "--json").stdout)

    assert "2 of 1 places taken" in shown
    assert "! capacity_exceeded" in shown
    assert [one["registration_id"] for one in session["items"]] == ["2", "1"]
    assert [one["type"] for one in session["history"]] == ["ClassSession.Created"]
    assert "Created" in run("history", "session", "900").stdout


@pytest.mark.parametrize("kind", ["visit", "session"])
def test_what_no_follower_has_posted_yet_is_said_to_be_missing(run: Run, told: Callable[..., None], kind: str) -> None:
    told(CREATED)

    result = run("show", kind, "900")

    assert result.exit_code == 1
    assert "1 event behind the journal" in result.stderr


@pytest.mark.parametrize("wrong", [["show", "guest", "1"], ["show", "registration"], ["history"]])
def test_a_wrong_call_is_a_usage_error(run: Run, wrong: list[str]) -> None:
    assert run(*wrong).exit_code == 2


def test_what_cannot_be_an_id_is_refused(run: Run, told: Callable[..., None]) -> None:
    told(CREATED)

    assert run("show", "registration", "a/b").exit_code == 1


def test_markup_and_escapes_in_what_was_told_do_not_reach_the_terminal(run: Run, told: Callable[..., None]) -> None:
    told(progress("Started", entry("1", service_name="[red]\x1b[2J"), event_id="c1", at="2026-03-02T17:01:00Z"))

    result = run("show", "appointment", "1")

    assert "[red]\\x1b[2J" in result.stdout


def test_what_is_shown_is_what_the_api_answers(run: Run, told: Callable[..., None]) -> None:
    told(
        CANCELLED,
        schedule("Created", 900, event_id="s1", at="2026-02-01T10:00:00Z", capacity=0),
        group("Created", entry("a1"), entry("a2"), event_id="g1", at="2026-03-01T10:00:00Z"),
        group("Updated", entry("a2"), event_id="g2", at="2026-03-01T11:00:00Z"),
        progress("Completed", entry("a2"), event_id="g3", at="2026-03-02T11:00:00Z"),
        group_status(99, event_id="g4", at="2026-03-01T12:00:00Z"),
        feedback(feedback_data(), event_id="g5", at="2026-03-03T12:00:00Z"),
        group("Created", entry("a1"), event_id="g6", at="2026-03-02T13:00:00Z", appointment_group_id="g2"),
    )
    follow()
    paths = {
        ("registration", "43"): "registrations/43",
        ("appointment", "a1"): "appointments/a1",
        ("appointment", "a2"): "appointments/a2",
        ("visit", GROUP): f"visits/{GROUP}",
        ("session", "900"): "sessions/900",
    }

    with TestClient(create_app(bootstrap(Settings.load()))) as client:
        for subject, path in paths.items():
            shown = json.loads(run("show", *subject, "--json").stdout)
            answer = client.get(f"/v1/main/{path}").json()
            assert {name: shown[name] for name in answer} == answer
        day = client.get("/v1/main/days/2026-03-02").json()
        assert json.loads(run("day", "2026-03-02", "--json").stdout) == day
