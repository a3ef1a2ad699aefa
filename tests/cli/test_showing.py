"""`daybook show` and `daybook history`: state, and how it came about, straight from the journal."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.bodies import booking, entry, progress
from tests.cli.conftest import Run

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
