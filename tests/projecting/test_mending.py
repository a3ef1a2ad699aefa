"""Writing the rows of one aggregate anew, in place, beside a follower."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from daybook.errors import CodeChangedError, JournalExchangedError, ProjectionError
from daybook.projecting.change import Change
from daybook.projecting.mending import rebuild_one
from daybook.projecting.projection import LogProjection
from tests.bodies import booking
from tests.projecting.book import SOURCE, Book, created
from tests.projecting.days import LAWS, NAMES, Opened, days
from tests.projecting.versions import NEW, OLD, fresh_tables


def _mend(book: Book, name: str, subject_id: str) -> int:
    return rebuild_one(book.store, book.journal, book.store.sound(name), SOURCE, subject_id)


def _spoil(book: Book, name: str, what: str) -> None:
    with book.store.snapshot(name) as snapshot:
        table = snapshot.table
    with book.store.change() as connection:
        connection.exec_driver_sql(what.format(book.name_of(table)))


def test_a_row_that_was_lost_or_spoilt_is_written_again(book: Book) -> None:
    book.tell(created(1, guest_id="g1"), created(2), booking("NoShow", 1, event_id="n", at="2026-01-02T10:00:00Z"))
    book.post()
    before = {name: book.tables(name) for name in NAMES}
    _spoil(book, "registrations", "UPDATE {} SET status = 'spoilt', guest_id = 'x' WHERE registration_id = '1'")
    _spoil(book, "history", "DELETE FROM {} WHERE subject_id = '1'")

    assert _mend(book, "registrations", " 1 ") == 1
    assert _mend(book, "history", "1") == 2

    assert {name: book.tables(name) for name in NAMES} == before


def test_rows_of_an_aggregate_that_nothing_has_told_of_are_removed(book: Book) -> None:
    book.tell(created(1))
    book.post()
    stranger = book.registration_stream("99").hex
    _spoil(book, "registrations", f"UPDATE {{}} SET stream_id = '{stranger}', registration_id = '99'")

    assert _mend(book, "registrations", "99") == 0
    assert _mend(book, "registrations", "1") == 1

    assert [row["registration_id"] for row in book.rows("registrations")] == ["1"]


@given(day=days(), data=st.data())
@LAWS
def test_mending_beside_a_follower_changes_nothing_that_was_right(
    opened: Opened, day: list[Any], data: st.DataObject
) -> None:
    with opened() as book:
        follower = book.follower(batch_events_max=2)
        for body in day:
            book.tell(body)
            for step in data.draw(st.lists(st.sampled_from(["follow", *NAMES]), max_size=4)):
                if step == "follow":
                    follower.run_once()
                else:
                    _mend(book, step, data.draw(st.sampled_from(["1", "2", "a1", "g2", "900"])))
        book.post()
        follower.stop()
        book.post()

        assert {name: book.tables(name) for name in NAMES} == {
            name: fresh_tables(book.journal, book.store, name) for name in NAMES
        }


def test_a_follower_that_is_about_to_write_the_same_rows_has_the_last_word(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.tell(created(1))
    book.post()
    book.tell(booking("NoShow", 1, event_id="n", at="2026-01-02T10:00:00Z"))
    follower = book.follower()
    streams = book.journal.streams
    mended: list[int] = []

    def mend_first(*asked: Any) -> Any:  # noqa: ANN401  as the journal's
        monkeypatch.undo()
        mended.append(_mend(book, "registrations", "1"))
        return streams(*asked)

    monkeypatch.setattr(book.journal, "streams", mend_first)
    while follower.run_once():
        pass

    assert mended == [1]
    assert book.tables("registrations") == fresh_tables(book.journal, book.store, "registrations")


def test_nothing_is_mended_by_other_code_than_made_the_rows(book: Book) -> None:
    old = book.open_store(OLD)
    book.tell(created(1))
    book.post(old)
    other = book.open_store({"notes": LogProjection("notes", 1, OLD["notes"].tables, lambda event: [])})  # type: ignore[union-attr]
    new = book.open_store(NEW)

    with pytest.raises(CodeChangedError):
        rebuild_one(other, book.journal, other.sound("notes"), SOURCE, "1")
    with pytest.raises(ProjectionError, match="its code is not here"):
        rebuild_one(new, book.journal, new.sound("notes"), SOURCE, "1")


def test_nothing_is_mended_from_another_journal(book: Book) -> None:
    book.tell(created(1))
    book.post()
    book.exchange_journal()
    book.tell(created(2))

    with pytest.raises(JournalExchangedError):
        _mend(book, "registrations", "1")
    assert len(book.rows("registrations")) == 1


def test_a_mending_that_fails_changes_nothing(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    book.tell(created(1))
    book.post()
    before = book.rows("registrations")
    write = book.store.engine.replace_rows

    def fail(connection: Connection, change: Change) -> None:
        write(connection, Change(change.table, change.key, change.keys))
        raise ValueError

    monkeypatch.setattr(book.store.engine, "replace_rows", fail)
    with pytest.raises(ValueError):  # noqa: PT011  ours
        _mend(book, "registrations", "1")

    assert book.rows("registrations") == before
