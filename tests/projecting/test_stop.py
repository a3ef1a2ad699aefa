"""What stops a projection: alone, with the reason, at the event, and skipping nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Column, Text

from daybook.domain.events import Event
from daybook.journal.mapper import RecordableEvent
from daybook.journal.sqlite import JOURNAL_FILE
from daybook.projecting.projection import LogProjection, Row, log_table
from daybook.projecting.status import lag_of
from tests.projecting.book import TALLY, Book, created, tally


def add_event_of_the_future(book: Book) -> None:
    stored = RecordableEvent(UUID(int=7), 1, "daybook:Registration.Teleported", b"{}", UUID(int=8))
    book.journal.recorder.insert_events([stored])


def test_a_projection_that_raises_stops_alone_at_the_event_and_keeps_what_it_had(book: Book) -> None:
    book.tell(*(created(number) for number in range(1, 9)), created(9))

    def choosy(event: Event) -> Iterable[Row]:
        if event.subject_id == "6":
            raise ValueError("Ada Lovelace")
        return tally(event)

    store = book.tally_store(choosy)
    book.post(store)

    status = book.status("tally", store)
    assert (status.state, status.position, status.stopped_at, status.leader) == ("stopped", 5, 6, None)
    assert str(status.stopped_reason).startswith("ValueError at projecting/test_stop.py:")
    assert len(book.rows("tally", store)) == 5
    assert book.status("registrations", store).position == 9


def test_the_next_start_tries_a_stopped_projection_again(book: Book) -> None:
    book.tell(created(1), created(2))
    book.post(book.tally_store(lambda event: 1 / 0))

    mended = book.tally_store()
    book.post(mended)

    status = book.status("tally", mended)
    assert (status.state, status.position, status.stopped_reason) == ("following", 2, None)
    assert len(book.rows("tally", mended)) == 2


def test_a_projection_that_stopped_is_not_tried_again_while_the_process_runs(book: Book) -> None:
    book.tell(created(1))
    tries: list[int] = []

    def count(event: Event) -> Iterable[Row]:
        tries.append(event.position)
        raise ValueError

    follower = book.follower(book.tally_store(count))
    follower.run_once()
    follower.run_once()

    assert tries == [1]


def test_a_row_with_a_column_that_the_table_has_not_stops_the_projection(book: Book) -> None:
    book.tell(created(1))
    store = book.tally_store(lambda event: [(TALLY, {"what": "w", "why": "y"})])

    book.post(store)

    status = book.status("tally", store)
    assert (status.state, status.stopped_at) == ("stopped", 1)
    assert status.stopped_reason == "a row has columns that the table tally_v1 has not"


def test_a_row_that_the_table_does_not_take_stops_the_projection(book: Book) -> None:
    book.tell(created(1))
    wrong = log_table("tally", 1, Column("what", Text, nullable=False))
    store = book.open_store({"tally": LogProjection("tally", 1, (wrong,), lambda event: [(wrong, {})])})

    book.post(store)

    status = book.status("tally", store)
    assert (status.state, status.stopped_at) == ("stopped", 1)
    assert "tally_v1.what" in str(status.stopped_reason)
    assert "NOT NULL" in str(status.stopped_reason).upper().replace("-", " ")


def test_an_event_of_a_newer_daybook_stops_what_comes_to_it_and_nothing_is_skipped(book: Book) -> None:
    book.tell(*(created(number) for number in range(1, 6)))
    add_event_of_the_future(book)
    book.tell(created(7))

    book.post()

    for status in book.store.status():
        assert (status.state, status.position, status.stopped_at) == ("stopped", 5, 6)
        assert "Teleported" in str(status.stopped_reason)
    assert len(book.rows("registrations")) == 5
    assert lag_of(book.journal, 5).events == 2


def test_waiting_for_a_position_ends_when_the_projection_has_stopped(book: Book) -> None:
    book.tell(created(1))
    store = book.tally_store(lambda event: 1 / 0)
    book.post(store)

    assert store.wait_for_position("tally", 1, timeout_s=600) is False
    assert store.wait_for_position("history", 1, timeout_s=0) is True
    assert store.wait_for_position("history", 2, timeout_s=0) is False


@pytest.mark.parametrize("told_instead", [[], [10], [10, 11, 12], [1, 2]])
def test_a_cursor_of_another_journal_stops_the_projection_and_names_the_remedy(
    book: Book, told_instead: list[int]
) -> None:
    book.tell(created(1), created(2))
    book.post()
    book.exchange_journal()
    book.tell(*(created(number) for number in told_instead))

    book.post()

    status = book.status("registrations")
    assert (status.state, status.position, status.stopped_at) == ("stopped", 2, 2)
    assert "daybook rebuild registrations" in str(status.stopped_reason)
    assert {row["registration_id"] for row in book.rows("registrations")} == {"1", "2"}


def test_a_journal_that_was_restored_to_an_earlier_point_stops_the_projection(
    folder: Path, book: Book, tmp_path: Path
) -> None:
    book.tell(created(1))
    backup = sqlite3.connect(tmp_path / "backup.db")
    with sqlite3.connect(folder / JOURNAL_FILE) as journal:
        journal.backup(backup)
    journal.close()
    backup.close()
    book.tell(created(2))
    book.post()
    book.journal.close()
    for file in folder.glob(f"{JOURNAL_FILE}*"):
        file.unlink()
    (tmp_path / "backup.db").rename(folder / JOURNAL_FILE)
    book.journal = book.engine.open()
    book.tell(created(3))

    book.post()

    assert book.status("history").state == "stopped"
    assert [row["subject_id"] for row in book.rows("history")] == ["1", "2"]
