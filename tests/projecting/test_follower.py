"""How rows and cursors follow the journal, and come through trouble of the store."""

from __future__ import annotations

import dataclasses
import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Text
from sqlalchemy import event as sqlalchemy_event

from daybook.domain.identity import Kind
from daybook.errors import StoreUnavailableError
from daybook.projecting.change import Change
from daybook.projecting.projection import Row, StateProjection, log_table
from daybook.projecting.sqlite import READ_FILE, SQLiteEngine
from daybook.projecting.status import lag_of
from tests.bodies import booking
from tests.projecting.book import TALLY, Book, created


def test_a_stream_is_folded_as_a_whole_when_only_its_last_event_is_new(book: Book) -> None:
    book.tell(created(1, waitlist=True))
    book.post()
    book.tell(booking("Cancelled", 1, event_id="e2", at="2026-01-02T10:00:00Z"))

    book.post()

    (row,) = book.rows("registrations")
    assert (row["status"], row["waitlist"], row["version"]) == ("cancelled", True, 2)


def test_rows_and_cursor_are_committed_together_or_not_at_all(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    book.tell(created(1))
    follower = book.follower()
    write = book.store.engine.replace_rows

    def fail(connection: Connection, change: Change) -> None:
        write(connection, change)
        raise StoreUnavailableError("killed")

    monkeypatch.setattr(book.store.engine, "replace_rows", fail)
    with pytest.raises(StoreUnavailableError, match="killed"):
        follower.run_once()
    monkeypatch.undo()
    # The first one had no row to write.
    assert {status.name: status.position for status in book.store.status()} == {
        "appointments": 1,
        "history": 0,
        "registrations": 0,
    }
    assert book.rows("history") == []

    while follower.run_once():
        pass

    assert [status.position for status in book.store.status()] == [1, 1, 1]
    assert len(book.rows("registrations")) == 1


def test_a_full_read_store_is_tried_again_until_there_is_room(folder: Path, book: Book) -> None:
    book.tell(*(created(number) for number in range(1, 50)))
    follower = book.follower()
    follower.run_once()
    book.tell(*(created(number) for number in range(50, 400)))
    engine = book.store.engine
    assert isinstance(engine, SQLiteEngine)

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # as many as there are

    book.store.close()
    sqlalchemy_event.listen(engine.connections, "connect", limit)
    with pytest.raises(StoreUnavailableError):
        follower.run_once()
    book.store.close()
    sqlalchemy_event.remove(engine.connections, "connect", limit)

    while follower.run_once():
        pass

    assert {(status.state, status.position) for status in book.store.status()} == {("following", 399)}


def test_a_locked_read_store_is_tried_again(folder: Path, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daybook.projecting.sqlite._LOCK_WAIT_S_MAX", 0.01)
    store = book.open_store()
    book.tell(created(1))
    book.post(store)
    book.tell(created(2))
    holder = sqlite3.connect(folder / READ_FILE, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    follower = book.follower(store)
    with pytest.raises(StoreUnavailableError, match="OperationalError"):
        follower.run_once()
    holder.close()

    follower.run_once()

    assert book.status("history", store).position == 2


def test_the_thread_outlives_trouble_and_goes_on(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = threading.Event()
    head = book.journal.head

    def fail_once() -> int:
        if not failed.is_set():
            failed.set()
            raise RuntimeError
        return head()

    monkeypatch.setattr(book.journal, "head", fail_once)
    book.tell(created(1))
    follower = book.follower()
    follower.start()

    assert book.store.wait_for_position("history", 1, timeout_s=20)
    follower.stop()
    assert failed.is_set()


def test_dropped_read_models_are_filled_again_from_the_journal(book: Book) -> None:
    book.tell(created(1), created(2), booking("NoShow", 1, event_id="e9", at="2026-01-02T10:00:00Z"))
    book.post()
    before = {name: book.rows(name) for name in ("registrations", "appointments", "history")}
    book.drop_read_models()

    store = book.open_store()
    book.post(store)

    assert {name: book.rows(name, store) for name in before} == before


def test_the_rows_of_a_stream_in_several_tables_are_replaced_as_a_whole(book: Book) -> None:
    own = log_table("seats", 1).metadata  # a table of one's own needs only the key column
    seats = TALLY.to_metadata(own, name="seats_taken_v1")
    seats.append_column(Column("seat", Text))

    def rows(state: Any) -> Iterable[Row]:  # noqa: ANN401  a Registration
        if state.status == "booked":
            for seat in ("left", "right"):
                yield seats, {"position": state.position * 10 + len(seat), "seat": seat}

    projection = StateProjection("seats", 1, (seats,), {Kind.REGISTRATION: rows})
    store = book.open_store({"seats": projection})
    book.tell(created(1), created(2))
    book.post(store)
    assert len(book.rows("seats", store)) == 4
    book.tell(booking("Cancelled", 1, event_id="e9", at="2026-01-02T10:00:00Z"))

    book.post(store)

    rows_left = book.rows("seats", store)
    assert {row["stream_id"] for row in rows_left} == {book.registration_stream("2").hex}
    assert len(rows_left) == 2


def test_the_lag_counts_events_and_the_age_of_the_oldest_that_waits(book: Book) -> None:
    book.tell(created(1), created(2), created(3))
    (waiting,) = book.journal.select_events_after(1, 1)

    lag = lag_of(book.journal, 1, now_ns=waiting.recorded_at_ns + 1_500_000_000)

    assert dataclasses.astuple(lag) == (2, 1.5)
    assert dataclasses.astuple(lag_of(book.journal, 3)) == (0, 0.0)
