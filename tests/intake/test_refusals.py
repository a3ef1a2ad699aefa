from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from daybook.errors import StoreUnavailableError
from daybook.intake import Intake, Silent
from daybook.intake.tally import UNPROVEN_MAX
from daybook.journal import Journal
from daybook.journal.entries import WebhookHealth
from tests.bodies import booking
from tests.engines import Engine
from tests.intake.conftest import RULES, Desk

Flushed = Callable[[], dict[tuple[str, str | None, str | None], WebhookHealth]]
AT = "2026-03-01T09:00:00Z"


def created(number: int = 1) -> dict[str, Any]:
    return booking("Created", number, event_id=f"e{number}", at=AT)


@pytest.fixture
def webhooks(desk: Desk) -> Flushed:
    def after_a_flush() -> dict[tuple[str, str | None, str | None], WebhookHealth]:
        desk.intake._tally.flush(desk.journal)
        return {(webhook.source, webhook.event_type, webhook.via): webhook for webhook in desk.journal.inbox.webhooks()}

    return after_a_flush


def test_refusals_in_a_row_are_counted_per_webhook_and_end_with_a_success(desk: Desk, webhooks: Flushed) -> None:
    desk.post(created(1), via="a")
    desk.post(created(2), via="b")
    for _ in range(3):
        desk.send(created(), via="a", secret="wrong")

    refused = webhooks()
    assert refused["main", None, "a"].refusals_in_row == 3
    assert refused["main", None, "a"].last_refusal_reason == "signature"
    assert refused["main", None, "a"].last_refusal_status == 401
    assert refused["main", None, "b"].refusals_in_row == 0

    desk.post(created(1), via="a")
    healed = webhooks()["main", None, "a"]
    assert (healed.refusals_in_row, healed.refusals) == (0, 3)
    assert healed.last_signature == "verified"


def test_a_success_in_another_process_ends_a_run_that_was_not_flushed_yet(
    desk: Desk, journal: Journal, webhooks: Flushed
) -> None:
    other = Intake(journal, RULES)
    other.start()
    for _ in range(3):
        desk.send(created(), secret="wrong")

    desk.run(other.receive(desk.call(created())))
    desk.run(other.stop())
    desk.send(created(), secret="wrong")

    health = webhooks()["main", None, None]
    assert (health.refusals_in_row, health.refusals) == (1, 4)


def test_a_stop_brings_the_refusals_to_the_store(desk: Desk) -> None:
    desk.send(created(), secret="wrong")

    desk.run(desk.intake.stop())

    (webhook,) = desk.journal.inbox.webhooks()
    assert webhook.refusals_in_row == 1
    (refusal,) = desk.journal.inbox.refusals(10)
    assert (refusal.source, refusal.http_status, refusal.reason) == ("main", 401, "signature")
    assert refusal.body_bytes > 0
    assert refusal.body_sha256


def test_what_the_web_layer_refuses_is_counted_too(desk: Desk, webhooks: Flushed) -> None:
    desk.post(created())
    desk.intake.refuse("main", None, None, 413, "body_too_large", 9_000_000, "ab" * 32)
    desk.intake.refuse("main", None, None, 405, "method_not_allowed", 0, None)

    assert webhooks()["main", None, None].refusals_in_row == 2
    assert [(each.http_status, each.body_bytes) for each in desk.journal.inbox.refusals(9)] == [
        (405, 0),
        (413, 9_000_000),
    ]


def test_a_flood_of_made_up_labels_shares_a_bounded_number_of_counts(desk: Desk, webhooks: Flushed) -> None:
    desk.post(created(), via="real")
    for _ in range(2):
        for number in range(200):
            desk.send(created(), via=f"made up {number}", secret="wrong")
        assert len(desk.intake._tally._counts.runs) <= UNPROVEN_MAX + 1
        webhooks()
    desk.send(created(), via="real", secret="wrong")

    counted = webhooks()
    assert len(counted) == 1 + UNPROVEN_MAX + 1
    assert counted["main", "other", None].refusals == 2 * (200 - UNPROVEN_MAX)
    assert counted["main", None, "real"].refusals_in_row == 1
    assert sum(each.refusals for each in counted.values()) == 401


def test_unknown_sources_share_one_count(desk: Desk, webhooks: Flushed) -> None:
    for number in range(100):
        desk.send(created(), source=f"nobody-{number}", via=str(number))

    counted = webhooks()
    assert list(counted) == [("(unknown)", None, None)]
    assert counted["(unknown)", None, None].refusals == 100


def test_a_ping_neither_ends_a_run_nor_opens_a_count(desk: Desk, webhooks: Flushed) -> None:
    desk.post(b"", via="new")
    assert webhooks() == {}

    desk.send(created(), secret="wrong")
    desk.post(b"")

    health = webhooks()["main", None, None]
    assert health.refusals_in_row == 1
    assert health.last_ping_ns


def test_an_unsigned_call_under_observe_proves_nothing_but_is_seen(desk: Desk, webhooks: Flushed) -> None:
    desk.post(created(), secret=None, source="watched")

    health = webhooks()["watched", None, None]
    assert (health.last_signature, health.passed_at_ns, health.last_heard_ns) == ("unsigned", None, None)

    desk.post(created(2), source="watched")
    assert webhooks()["watched", None, None].last_signature == "verified"


def test_counts_that_cannot_be_flushed_wait_for_the_store(desk: Desk, engine: Engine, webhooks: Flushed) -> None:
    with engine.locked():
        desk.send(created(), secret="wrong")
        with pytest.raises(StoreUnavailableError):
            webhooks()
        desk.send(created(), secret="wrong")

    health = webhooks()["main", None, None]
    assert (health.refusals, health.refusals_in_row) == (2, 2)
    assert len(desk.journal.inbox.refusals(9)) == 2


def test_the_newest_refusals_are_kept_and_their_number_is_bounded(
    desk: Desk, webhooks: Flushed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daybook.intake.tally.REFUSALS_MAX", 5)
    for number in range(12):
        desk.intake.refuse("main", None, None, 405, f"reason_{number}", 0, None)
        webhooks()

    assert [each.reason for each in desk.journal.inbox.refusals(99)] == [
        f"reason_{number}" for number in range(11, 6, -1)
    ]


class Told(Silent):
    def __init__(self) -> None:
        self.refusals: list[tuple[str, int, str]] = []
        self.runs: list[tuple[str, str, str, int]] = []

    def refused(self, source: str, http_status: int, reason: str) -> None:
        self.refusals.append((source, http_status, reason))

    def refusals_in_row(self, source: str, event_type: str, via: str, count: int) -> None:
        self.runs.append((source, event_type, via, count))


def test_the_observer_is_told_the_runs_of_webhooks_that_passed_and_of_no_other(desk: Desk) -> None:
    told = Told()
    intake = Intake(desk.journal, RULES, observer=told)
    intake.start()

    desk.run(intake.receive(desk.call(created(), via="real")))
    for via in ("real", "made up", "real"):
        desk.run(intake.receive(desk.call(created(), via=via, secret="wrong")))
    desk.run(intake.stop())

    assert told.refusals == [("main", 401, "signature")] * 3
    assert told.runs[-1] == ("main", "", "real", 2)
    assert {run[2] for run in told.runs} == {"real"}
