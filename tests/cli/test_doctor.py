"""`daybook doctor`: whether a person is needed, for what, and what to do."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from daybook.bootstrap import Daybook
from daybook.doctor import Finding, Level
from daybook.doctor.finding import ago
from daybook.doctor.store import examine_store, room
from daybook.doctor.webhooks import examine_webhooks
from daybook.journal.entries import WebhookHealth
from daybook.settings import Settings
from tests.bodies import booking
from tests.cli.conftest import Run
from tests.server.process import wait_until

NOW_NS = 1_800_000_000_000_000_000
MINUTE_NS = 60_000_000_000
CREATED = booking("Created", 43, event_id="a1", at="2026-03-01T10:00:00Z")


def webhook(**told: Any) -> WebhookHealth:  # noqa: ANN401
    known: dict[str, Any] = {
        "source": "main", "event_type": None, "via": None, "passed_at_ns": NOW_NS - 9 * MINUTE_NS,
        "last_heard_ns": NOW_NS - 5 * MINUTE_NS, "last_signature": "verified", "last_unsigned_ns": None,
        "last_ping_ns": None, "refusals": 0, "refusals_in_row": 0, "last_refused_ns": None,
        "last_refusal_status": None, "last_refusal_reason": None,
    }  # fmt: skip
    return WebhookHealth(**{**known, **told})


def finding(**told: Any) -> Finding:  # noqa: ANN401
    (found,) = examine_webhooks([webhook(**told)], Settings(), NOW_NS)
    return found


@pytest.fixture
def followed(book: Daybook, told: Callable[..., None]) -> Daybook:
    """A store that somebody follows, and that is up to date."""
    told(CREATED)
    assert book.follower is not None
    book.follower.start()
    wait_until(
        lambda: all(status.leader and status.position == book.journal.head() for status in book.read_store.status()),
        "everything is posted",
    )
    return book


def examined(run: Run) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run("doctor", "--json").stdout)
    return told


def alarms(run: Run) -> set[str]:
    return {found["about"] for found in examined(run)["findings"] if found["level"] == "alarm"}


def test_nobody_is_needed_where_all_is_well(run: Run, followed: Daybook) -> None:
    result = run("doctor")

    assert result.exit_code == 0
    assert "Nobody is needed." in result.stdout
    assert examined(run)["person_needed"] is False


def test_a_store_that_is_not_there_needs_a_person(run: Run) -> None:
    result = run("doctor")

    assert result.exit_code == 1
    assert "A person is needed" in result.stdout
    assert alarms(run) == {"store"}


def test_projections_that_nobody_keeps_need_a_person(run: Run, told: Callable[..., None]) -> None:
    told(CREATED)

    assert run("doctor").exit_code == 1
    assert alarms(run) == {"follower"}


def test_a_store_that_takes_no_writes_needs_a_person(run: Run, followed: Daybook, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "journal.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        assert "store" in alarms(run)


def test_a_store_that_no_longer_takes_writes_is_told_why(followed: Daybook, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "journal.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        (found,) = (found for found in examine_store(followed, NOW_NS) if found.about == "store")

    assert found.level == Level.ALARM
    assert "503" in str(found.remedy)


def test_a_store_that_cannot_be_opened_needs_a_person(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "journal.db").write_bytes(b"no database" * 100)

    assert run("doctor").exit_code == 1
    assert alarms(run) == {"store"}


def test_settings_that_let_nobody_start_need_a_person(
    run: Run, followed: Daybook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYBOOK_HOST", "0.0.0.0")
    monkeypatch.setenv("DAYBOOK_SOURCES", '{"main": {}}')

    assert alarms(run) == {"settings"}


def test_a_clock_far_behind_the_last_entry_needs_a_person(run: Run, followed: Daybook) -> None:
    with closing(sqlite3.connect(followed.read_store.path.with_name("journal.db"), isolation_level=None)) as other:
        ahead_ns = time.time_ns() + 10 * MINUTE_NS
        other.execute(
            "INSERT INTO events SELECT position + 1, originator_id, originator_version + 1, topic, state, delivery_id,"
            " ?, encoding, key_id FROM events WHERE position = 1",
            [ahead_ns],
        )

    assert "clock" in alarms(run)


def test_a_projection_that_stopped_needs_a_person(run: Run, followed: Daybook) -> None:
    with closing(sqlite3.connect(followed.read_store.path.with_name("journal.db"), isolation_level=None)) as other:
        other.execute(
            "INSERT INTO events SELECT position + 1, originator_id, originator_version + 1, 'daybook:From.Tomorrow',"
            " state, delivery_id, recorded_at_ns + 1, encoding, key_id FROM events WHERE position = 1"
        )
    wait_until(
        lambda: all(status.state == "stopped" for status in followed.read_store.status()), "the projections stopped"
    )

    assert {"projection registrations", "projection history"} <= alarms(run)


def test_what_is_quarantined_is_told_but_needs_nobody_at_once(
    run: Run, followed: Daybook, told: Callable[..., None]
) -> None:
    told(b"no json", b"[]")

    found = [finding for finding in examined(run)["findings"] if finding["about"] == "quarantine main"]

    assert run("doctor").exit_code == 0
    assert "1 not_json" in found[0]["words"]


def test_many_conflicts_need_a_person(run: Run, followed: Daybook, told: Callable[..., None]) -> None:
    told(*(booking("Created", id_, event_id="a1", at="2026-03-01T10:00:00Z") for id_ in range(50, 60)))

    assert alarms(run) == {"conflicts main"}


@pytest.mark.parametrize(
    ("in_row", "level"),
    [(0, Level.FINE), (1, Level.NOTE), (4, Level.NOTE), (5, Level.WARNING), (10, Level.ALARM), (20, Level.ALARM)],
)
def test_a_run_of_refusals_is_a_warning_before_it_is_an_alarm(in_row: int, level: Level) -> None:
    found = finding(refusals_in_row=in_row, last_refusal_status=401, last_refusal_reason="signature")

    assert found.level == level


def test_twenty_refusals_in_a_row_mean_that_the_webhook_is_off() -> None:
    assert "re-enable" in str(finding(refusals_in_row=20, last_refusal_status=503).remedy)
    assert "re-enable" not in str(finding(refusals_in_row=19, last_refusal_status=503).remedy)


@pytest.mark.parametrize(
    ("status", "word"), [(401, "secret"), (404, "URL"), (405, "POST"), (413, "DAYBOOK_BODY_BYTES_MAX"), (503, "store")]
)
def test_each_kind_of_refusal_has_its_remedy(status: int, word: str) -> None:
    assert word in str(finding(refusals_in_row=10, last_refusal_status=status).remedy)


def test_a_webhook_whose_last_signature_was_wrong_needs_a_person() -> None:
    assert finding(last_unsigned_ns=NOW_NS - MINUTE_NS).level == Level.ALARM
    assert finding(last_unsigned_ns=NOW_NS - 8 * MINUTE_NS).level == Level.FINE


def test_a_webhook_tells_when_it_was_last_heard() -> None:
    assert finding().words == "last heard 5 minutes ago, signature verified"
    assert finding(last_heard_ns=None, last_ping_ns=NOW_NS).words == "only a test call, just now"


def test_a_source_that_was_never_heard_is_told() -> None:
    (found,) = examine_webhooks([], Settings(), NOW_NS)

    assert (found.level, found.about) == (Level.NOTE, "source main")


@pytest.mark.parametrize(("gib", "level"), [(10, Level.FINE), (1, Level.WARNING), (0.1, Level.ALARM)])
def test_little_room_on_the_disk_is_told_in_time(gib: float, level: Level) -> None:
    assert room(int(gib * 1024**3), 100 * 1024**3).level == level


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "just now"), (90, "90 seconds ago"), (600, "10 minutes ago"), (7200, "2 hours ago"), (900_000, "10 days ago")],
)
def test_times_are_told_in_words(seconds: int, words: str) -> None:
    assert ago(NOW_NS - seconds * 1_000_000_000, NOW_NS) == words
