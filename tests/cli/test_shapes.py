"""`daybook shapes`: what payloads look like, and what of it is new."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.bodies import booking
from tests.cli.conftest import Run

AT = "2026-03-01T10:00:00Z"
DAY_NS = 86_400_000_000_000


def shapes(run: Run, *arguments: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run("shapes", "--json", *arguments).stdout)
    return told


@pytest.fixture
def changed(told: Callable[..., None], tmp_path: Path) -> None:
    """A store that knows one event for three days, and since today a key and an event type more."""
    told(booking("Created", 1, event_id="a", at=AT))
    with closing(sqlite3.connect(tmp_path / "data" / "journal.db", isolation_level=None)) as store:
        store.execute("UPDATE payload_shapes SET first_seen_ns = first_seen_ns - ?", (3 * DAY_NS,))
        store.execute("UPDATE payload_types SET first_seen_ns = first_seen_ns - ?", (3 * DAY_NS,))
    told(booking("Created", 2, event_id="b", at=AT, tip_amount=5), booking("Moved", 2, event_id="c", at=AT))


def test_every_shape_is_listed_with_its_keys_and_types(run: Run, changed: None) -> None:
    told = shapes(run)

    assert [(item["event_type"], item["deliveries"], len(item["paths"])) for item in told["items"]] == [
        ("Class.Booking.Created", 1, 23), ("Class.Booking.Created", 1, 24), ("Class.Booking.Moved", 1, 23),
    ]  # fmt: skip
    assert told["items"][1]["paths"]["data.tip_amount"] == ["number"]
    assert told["items"][0]["first_seen_at"] < told["items"][1]["first_seen_at"]
    assert told["new"] == []
    assert "Class.Booking.Moved" in run("shapes").stdout


@pytest.mark.parametrize("since", ["1d", "26h", "2000m"])
def test_what_is_new_is_told(run: Run, changed: None, since: str) -> None:
    told = shapes(run, "--new-since", since)

    assert [len(item["paths"]) for item in told["items"]] == [24, 23]
    assert sorted((one["novelty"], one["event_type"], one["path"]) for one in told["new"]) == [
        ("event_type", "Class.Booking.Moved", None), ("key", "Class.Booking.Created", "data.tip_amount"),
    ]  # fmt: skip
    shown = run("shapes", "--new-since", since).stdout
    assert "the key data.tip_amount in Class.Booking.Created" in shown


def test_a_date_is_taken_and_nonsense_is_a_usage_error(run: Run, changed: None) -> None:
    assert len(shapes(run, "--new-since", "2020-01-01")["items"]) == 3
    assert shapes(run, "--new-since", "2200-01-01T00:00:00Z")["items"] == []
    assert "None." in run("shapes", "--new-since", "2200-01-01").stdout
    assert run("shapes", "--new-since", "lately").exit_code == 2


def test_the_doctor_notes_what_came_first_in_the_last_day(run: Run, changed: None) -> None:
    found = json.loads(run("doctor", "--json").stdout)["findings"]

    (note,) = [finding for finding in found if finding["about"] == "payloads"]
    assert note["level"] == "note"
    assert "the key data.tip_amount in Class.Booking.Created" in note["words"]
    assert "the event type Class.Booking.Moved" in note["words"]


def test_the_doctor_says_nothing_of_payloads_on_the_first_day(run: Run, told: Callable[..., None]) -> None:
    told(booking("Created", 1, event_id="a", at=AT))

    found = json.loads(run("doctor", "--json").stdout)["findings"]

    assert not [finding for finding in found if finding["about"] in {"payloads", "format"}]
