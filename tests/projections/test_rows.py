"""What the read models tell of the bodies that came in."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Connection

from daybook.domain.instants import parse_instant
from daybook.projecting import queries
from tests.bodies import CENTER, GUEST, booking, entry, progress
from tests.engines import PostgreSQLEngine
from tests.projecting.book import SOURCE, Book


def test_a_registration_tells_its_last_status_and_when_each_was_reached(book: Book) -> None:
    book.tell(
        booking("NoShow", 43987, event_id="e2", at="2022-03-22T12:39:20.6984376Z"),
        booking("Created", 43987, event_id="e1", at="2022-03-20T12:00:00Z", waitlist=False),
    )

    book.post()

    with book.store.snapshot("registrations") as snapshot:
        row = queries.find(snapshot, SOURCE, "43987")
    assert row is not None
    assert row["status"] == "no_show"
    assert row["created_at_ns"] == parse_instant("2022-03-20T12:00:00Z")
    assert row["no_show_at_ns"] == row["occurred_at_ns"] == parse_instant("2022-03-22T12:39:20.6984376Z")
    assert (row["guest_id"], row["center_id"], row["session_id"]) == (GUEST, CENTER, "900")
    assert row["track_id"] is None
    assert row["waitlist"] is False
    assert (row["version"], row["position"], row["time_basis"]) == (2, 2, "event")


def test_an_appointment_tells_utc_and_the_centers_wall_clock_apart(book: Book) -> None:
    at_center = {"start_time_in_center": "2026-03-02T09:00:00", "end_time_in_center": "2026-03-02T10:00:00"}
    book.tell(progress("Started", entry("A1", **at_center), event_id="e1", at="2026-03-02T17:03:00Z"))

    book.post()

    with book.store.snapshot("appointments") as snapshot:
        row = queries.find(snapshot, SOURCE, "a1")
    assert row is not None
    assert (row["progress"], row["started_at_ns"]) == ("started", parse_instant("2026-03-02T17:03:00Z"))
    assert (row["start_time"], row["end_time"]) == ("2026-03-02T17:00:00Z", "2026-03-02T18:00:00Z")
    assert (row["start_time_in_center"], row["end_time_in_center"]) == ("2026-03-02T09:00:00", "2026-03-02T10:00:00")
    assert (row["utc_offset_minutes"], row["utc_offset_at_ns"]) == (-480, parse_instant("2026-03-02T17:00:00Z"))
    assert (row["start_at_ns"], row["day_in_center"]) == (parse_instant("2026-03-02T17:00:00Z"), "2026-03-02")


def test_a_time_that_cannot_be_read_is_null(book: Book) -> None:
    book.tell(progress("Started", entry("a1", start_time="soon"), event_id="e1", at="2026-03-02T17:03:00Z"))

    book.post()

    (row,) = book.rows("appointments")
    assert row["start_time"] is None


def test_the_history_tells_every_event_with_the_times_and_its_delivery(book: Book) -> None:
    book.tell(booking("Created", 1, event_id="e1", at="2026-01-01T10:00:00Z", recurrence_registration_ids=[2]))
    book.tell(progress("Started", entry("a1"), event_id="e2", at="2026-03-02T17:03:00Z"))

    book.post()

    own, sibling, started = book.rows("history")
    assert (started["registration_id"], started["appointment_id"], started["kind"]) == (None, "a1", "appointment")
    assert (own["registration_id"], own["role"], own["type"]) == ("1", "primary", "Registration.Created")
    assert (sibling["registration_id"], sibling["role"]) == ("2", "recurrence")
    assert own["occurred_at_ns"] == parse_instant("2026-01-01T10:00:00Z")
    assert own["recorded_at_ns"] < sibling["recorded_at_ns"]
    assert own["delivery_id"] == sibling["delivery_id"]
    assert (own["zenoti_type"], own["event_id"], own["guest_id"]) == ("Class.Booking.Created", "e1", GUEST)


def test_a_row_of_another_source_is_not_found(book: Book) -> None:
    book.tell(booking("Created", 1, event_id="e1", at="2026-01-01T10:00:00Z"))
    book.post()

    with book.store.snapshot("registrations") as snapshot:
        assert queries.find(snapshot, "other", "1") is None
        assert queries.page(snapshot, "other").rows == []


def test_pages_go_from_the_newest_to_the_oldest_and_miss_none_of_one_moment(book: Book) -> None:
    for number in range(7):
        at = f"2026-01-01T10:00:0{number // 3}Z"
        book.tell(booking("Created", number + 1, event_id=f"e{number}", at=at, center_id="c1"))
    book.tell(booking("Created", 99, event_id="e99", at="2026-01-01T10:00:01Z", center_id="c2"))
    book.post()

    seen: list[str] = []
    before = None
    with book.store.snapshot("registrations") as snapshot:
        while True:
            page = queries.page(snapshot, SOURCE, where={"center_id": "c1"}, limit=2, before=before)
            seen += [row["registration_id"] for row in page.rows]
            before = page.before
            if before is None:
                break

    assert seen == ["7", "6", "5", "4", "3", "2", "1"]


def test_a_range_of_time_has_its_beginning_and_not_its_end(book: Book) -> None:
    for second in range(4):
        book.tell(booking("Created", second + 1, event_id=f"e{second}", at=f"2026-01-01T10:00:0{second}Z"))
    book.post()
    first, last = parse_instant("2026-01-01T10:00:01Z"), parse_instant("2026-01-01T10:00:03Z")

    with book.store.snapshot("history") as snapshot:
        occurred = queries.page(snapshot, SOURCE, from_ns=first, to_ns=last)
        recorded = queries.page(snapshot, SOURCE, time="recorded", from_ns=first, to_ns=last)

    assert [row["registration_id"] for row in occurred.rows] == ["3", "2"]
    assert recorded.rows == []


def test_rows_are_counted_by_the_values_of_a_column(book: Book) -> None:
    book.tell(
        booking("Created", 1, event_id="e1", at="2026-01-01T10:00:00Z"),
        booking("Created", 2, event_id="e2", at="2026-01-01T10:00:00Z"),
        booking("Cancelled", 2, event_id="e3", at="2026-01-01T11:00:00Z"),
    )
    book.post()

    with book.store.snapshot("registrations") as snapshot:
        assert queries.counts(snapshot, SOURCE, "status") == {"booked": 1, "cancelled": 1}


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("registrations", (None, "status", "center_id", "guest_id", "session_id")),
        ("appointments", (None, "progress", "center_id", "therapist_id", "appointment_group_id")),
        (
            "history",
            (
                None,
                "registration_id",
                "appointment_id",
                "appointment_group_id",
                "session_id",
                "guest_id",
                "center_id",
                "type",
            ),
        ),
    ],
)
def test_every_list_is_read_through_an_index_without_sorting(
    book: Book, name: str, columns: tuple[str | None, ...]
) -> None:
    some = range(1, 200)
    book.tell(booking("Created", 1, event_id="e1", at="2026-01-01T10:00:00Z", recurrence_registration_ids=[*some]))
    book.tell(progress("Started", *(entry(f"a{number}") for number in some), event_id="e2", at="2026-01-01T10:00:00Z"))
    book.post()
    if isinstance(book.engine, PostgreSQLEngine):
        book.engine.run("ANALYZE")

    with book.store.snapshot(name) as snapshot:
        for column in columns:
            where = f"AND {column} = 'x'" if column else ""
            subject = snapshot.table.info["subject"]
            behind = "1" if subject == "position" else "'x'"
            sql = (
                f"SELECT * FROM {book.name_of(snapshot.table)} WHERE source = 'main' {where}"
                f" AND (occurred_at_ns, {subject}) < ({2**62}, {behind})"
                f" ORDER BY occurred_at_ns DESC, {subject} DESC"
            )

            (step,) = _plan(snapshot.connection, sql)

            assert re.match(r"SEARCH \w+ USING INDEX|Index Scan Backward", step), step
            assert column is None or re.search(rf"\b{column} ?= ?(\?|'x')", step), step
            assert re.search(rf"\boccurred_at_ns(, ?{subject}\))? ?<", step), step


def _plan(connection: Connection, sql: str) -> list[str]:
    """One text for each step."""
    if connection.dialect.name == "sqlite":
        return [step[3] for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    # A small table would be read as a whole, and of few rows a sort costs nothing.
    connection.exec_driver_sql("SET LOCAL enable_sort = off")
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
    (plan,) = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}").scalar_one()
    steps = [plan["Plan"]]
    for step in steps:
        steps += step.get("Plans", [])
    return [
        f"{step['Node Type']} {step.get('Scan Direction', '')} {step.get('Index Cond', '')}".replace(
            "::text", ""
        ).replace('"', "")
        for step in steps
    ]
