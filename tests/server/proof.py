"""What must hold after any accident, looked up in the store itself, beside all code that wrote it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from daybook.domain.fold import fold
from daybook.domain.identity import Kind, stream_id
from daybook.domain.instants import format_instant
from daybook.journal import open_journal
from daybook.simulation import Webhook
from tests.server.process import ServerProcess, wait_until

Acknowledged = Sequence[tuple[Webhook, dict[str, Any]]]


def assert_nothing_is_lost_or_double(folder: Path, acknowledged: Acknowledged) -> None:
    """Everything answered 2xx is there once, with its events, and nothing is there twice."""
    with sqlite3.connect(f"file:{folder / 'journal.db'}?mode=ro", uri=True) as journal:
        for webhook, answer in acknowledged:
            _assert_kept(journal, webhook, answer)
        doubles = journal.execute(
            "SELECT deliveries.event_type, event_id FROM deliveries JOIN outcomes USING (delivery_id) "
            "WHERE outcome IN ('recorded', 'kept') AND event_id IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1"
        ).fetchall()
        assert doubles == []
        twice = "SELECT 1 FROM events GROUP BY delivery_id, originator_id HAVING count(*) > 1"
        assert journal.execute(twice).fetchall() == []
        count, last = journal.execute("SELECT count(*), coalesce(max(position), 0) FROM events").fetchone()
        assert count == last, "positions have a gap"
        assert journal.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def _assert_kept(journal: sqlite3.Connection, webhook: Webhook, answer: dict[str, Any]) -> None:
    status, delivery_id = answer["status"], UUID(str(answer["delivery_id"])).bytes
    outcomes = journal.execute(
        "SELECT outcome, events, first_position, last_position FROM outcomes WHERE delivery_id = ?", (delivery_id,)
    ).fetchall()
    assert len(outcomes) == 1, (status, outcomes)
    outcome, events, first, last = outcomes[0]
    if status == "duplicate":
        assert journal.execute("SELECT count(*) FROM repeats WHERE delivery_id = ?", (delivery_id,)).fetchone()[0]
    else:
        assert outcome == status
        kept = journal.execute("SELECT body FROM bodies WHERE delivery_id = ?", (delivery_id,)).fetchall()
        assert kept == [(webhook.body,)]
    if outcome == "recorded":
        assert answer["position"] == last
        found = journal.execute(
            "SELECT count(*) FROM events WHERE delivery_id = ? AND position BETWEEN ? AND ?", (delivery_id, first, last)
        ).fetchone()[0]
        assert found == events == last - first + 1


def assert_rows_equal_a_fresh_fold(server: ServerProcess) -> None:
    """Every row that the API serves is what its events, read from the journal, give."""
    wait_until(lambda: _is_followed(server), "the projections reach the journal's end")
    journal = open_journal(server.env["DAYBOOK_DATABASE_URL"])
    try:
        for path, kind, subject in (
            ("registrations", Kind.REGISTRATION, "registration_id"),
            ("appointments", Kind.APPOINTMENT, "appointment_id"),
        ):
            rows = _all(server, f"/v1/main/{path}")
            assert rows
            assert len({row[subject] for row in rows}) == len(rows)
            for row in rows:
                state = fold(journal.stream(stream_id("main", kind, row[subject])))
                assert row["version"] == state.version
                assert row["position"] == state.position
                assert row["occurred_at"] == format_instant(state.occurred_at_ns)
                told = state.status if kind is Kind.REGISTRATION else state.progress
                assert row["status" if kind is Kind.REGISTRATION else "progress"] == told
        events = _all(server, "/v1/main/history")
        assert sorted(event["position"] for event in events) == list(range(1, journal.head() + 1))
    finally:
        journal.close()


def _is_followed(server: ServerProcess) -> bool:
    items = server.get("/ops/projections")["items"]
    assert all(item["state"] == "following" for item in items), items
    return all(item["lag"]["events"] == 0 for item in items)


def _all(server: ServerProcess, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page = server.get(path, limit=1000)
    while True:
        found += page["items"]
        if page["cursor"] is None:
            return found
        page = server.get(path, limit=1000, cursor=page["cursor"])
