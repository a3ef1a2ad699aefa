"""`daybook quarantine` and `daybook translate`: what nobody could read, and letting it in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from daybook.bootstrap import Daybook
from daybook.intake import entry
from daybook.zenoti.translate import Told, Translation, translate
from tests.bodies import booking, booking_data, enveloped
from tests.cli.conftest import Run

SLIP = b'{"equipment_id: ""\x1b[2J}'
CREATED = booking("Created", 43, event_id="a1", at="2026-03-01T10:00:00Z")
OTHER = booking("Created", 44, event_id="a1", at="2026-03-01T10:00:00Z")


def listed(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("quarantine", "list", "--json").stdout)
    return found


def test_the_list_tells_reasons_and_counts(run: Run, told: Callable[..., None]) -> None:
    told(SLIP, booking_data(7), CREATED)

    assert listed(run)["counts"] == {"not_json": 1, "missing_type": 1}
    assert {item["reason"] for item in listed(run)["items"]} == {"not_json", "missing_type"}
    assert "2 in all" in run("quarantine", "list").stdout


def test_an_empty_quarantine_says_so(run: Run, told: Callable[..., None]) -> None:
    told(CREATED)

    assert "Nothing of source main is quarantined" in run("quarantine", "list").stdout


def test_one_is_shown_with_why_and_with_a_body_that_is_safe_to_look_at(run: Run, told: Callable[..., None]) -> None:
    told(SLIP)
    (item,) = listed(run)["items"]

    result = run("quarantine", "show", item["delivery_id"])

    assert "not_json" in result.stdout
    assert "\\x1b[2J" in result.stdout
    assert "\x1b[2J" not in result.stdout
    assert run("quarantine", "show", "--body", item["delivery_id"]).stdout_bytes == SLIP
    assert json.loads(run("quarantine", "show", "--json", item["delivery_id"]).stdout)["reason"] == "not_json"


def test_a_bare_body_is_released_with_its_type(run: Run, told: Callable[..., None], book: Daybook) -> None:
    told(booking_data(7))
    (item,) = listed(run)["items"]

    result = run("quarantine", "release", item["delivery_id"], "--event-type", "Class.Booking.Approved", "--json")

    assert result.exit_code == 0
    (answer,) = json.loads(result.stdout)["items"]
    assert (answer["status"], answer["delivery_id"], answer["position"]) == ("recorded", item["delivery_id"], 1)
    (delivery,) = book.journal.inbox.deliveries(source="main", limit=10).items
    assert delivery.outcome.released_by == "cli"
    assert listed(run)["items"] == []


def test_a_release_that_changes_nothing_fails_and_says_why(run: Run, told: Callable[..., None]) -> None:
    told(SLIP)
    (item,) = listed(run)["items"]

    result = run("quarantine", "release", item["delivery_id"])

    assert result.exit_code == 1
    assert "quarantined" in result.stdout
    assert "1 of 1 stay in quarantine" in result.stderr


def test_a_conflict_is_let_in_as_distinct(run: Run, told: Callable[..., None]) -> None:
    told(CREATED, OTHER)
    (item,) = listed(run)["items"]
    assert item["reason"] == "conflict"

    assert run("quarantine", "release", item["delivery_id"], "--distinct").exit_code == 0
    assert run("show", "registration", "44").exit_code == 0


def test_what_is_not_quarantined_cannot_be_released(run: Run, told: Callable[..., None], book: Daybook) -> None:
    told(CREATED)
    (delivery,) = book.journal.inbox.deliveries(source="main", limit=10).items

    assert run("quarantine", "release", delivery.delivery_id).exit_code == 1
    assert run("quarantine", "release", uuid4()).exit_code == 1
    assert run("quarantine", "show", uuid4()).exit_code == 1
    assert run("quarantine", "release", "not-an-id").exit_code == 2


def test_translating_again_by_the_same_version_changes_nothing(
    run: Run, told: Callable[..., None], book: Daybook
) -> None:
    told(SLIP, CREATED, OTHER, booking_data(7))
    before = book.journal.head()

    dry = json.loads(run("translate", "--dry-run", "--json").stdout)
    done = json.loads(run("translate", "--json").stdout)

    assert (dry["dry_run"], done["dry_run"]) == (True, False)
    quarantined = len(json.loads(run("quarantine", "list", "--json").stdout)["items"])
    assert done["read"] == dry["read"] == quarantined > 0
    assert done["events"] == dry["events"] == 0
    assert book.journal.head() == before
    assert json.loads(run("translate", "--recorded", "--kept", "--json").stdout)["read"] == 0


def test_what_was_kept_and_cannot_be_read_is_counted_and_listed_and_is_no_damage(
    run: Run, told: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(entry, "translate", kept_by_the_first_translation)
        told(enveloped("Class.Schedule.Updated", {"name": "Flow"}, event_id="s1", at="2026-03-01T10:00:00Z"))
    assert listed(run)["counts"] == {}

    would = json.loads(run("translate", "--kept", "--dry-run", "--json").stdout)
    done = " ".join(run("translate", "--kept").stdout.split())

    assert (would["read"], would["changed"], would["quarantined"]) == (1, 1, 1)
    assert done.endswith("Quarantined, since they cannot be read: 1; `daybook quarantine list` tells why.")
    assert listed(run)["counts"] == {"no_subject": 1}
    assert run("verify").exit_code == 0


def kept_by_the_first_translation(told: Told) -> Translation:
    """As it was before this type was known."""
    return replace(translate(told), outcome="kept", events=(), dedupe_key=bytes(32), reason=None, version=1)
