"""What somebody took out of the read store is not served as if it were there, and nothing else stands still for it."""

from __future__ import annotations

import pytest
from sqlalchemy.sql.elements import conv

from daybook.errors import ProjectionError, TableLostError
from daybook.projecting.projection import LogProjection, Projection
from daybook.projecting.read_store import ReadStore
from daybook.projecting.switching import drop
from tests.projecting.book import Book, created
from tests.projecting.versions import BOTH, NEW, OLD, fresh_fold, rebuild, tables_there


@pytest.fixture
def old(book: Book) -> ReadStore:
    """Version 1 is live, and three events are posted."""
    book.tell(created(1), created(2), created(3))
    store = book.open_store(OLD)
    book.post(store)
    return store


def _run(store: ReadStore, statement: str) -> None:
    with store.change() as connection:
        connection.exec_driver_sql(statement.replace("read.", f"{store.engine.schema}." if store.engine.schema else ""))


def test_a_table_that_is_lost_is_not_served_as_an_empty_one_and_a_rebuild_mends_it(book: Book, old: ReadStore) -> None:
    _run(old, "DROP TABLE read.notes_v1")
    store = book.open_store(OLD)

    with pytest.raises(TableLostError, match="daybook rebuild notes --again"):
        book.rows("notes", store)
    status = book.status("notes", store)
    assert (status.state, status.position) == ("stopped", 3)
    assert "its table is gone" in str(status.stopped_reason)
    assert tables_there(store, "notes") == []

    book.tell(created(4))
    book.post(store)
    assert book.status("notes", store).position == 3
    assert book.status("seats", store).position == 4

    assert rebuild(book, "notes", store).build == 2
    assert book.rows("notes", store) == fresh_fold(book.journal, store, "notes")


def test_a_process_that_misses_a_table_at_work_goes_on_with_the_others(book: Book, old: ReadStore) -> None:
    _run(old, "DROP TABLE read.notes_v1")
    book.tell(created(4))
    follower = book.follower(old)

    for _ in range(4):
        try:
            follower.run_once()
        except Exception:  # noqa: BLE001, S112  as its thread does: it waits, and goes on
            continue

    assert book.status("seats", old).position == 4
    assert (book.status("notes", old).state, book.status("notes", old).position) == ("stopped", 3)


def test_a_table_that_is_lost_during_its_load_is_begun_anew(book: Book, old: ReadStore) -> None:
    new = book.open_store(NEW)
    rebuild(book, "seats", new, on_ready="hold")
    _run(old, "DROP TABLE read.seats_v2")
    store = book.open_store(NEW)

    build = rebuild(book, "seats", store)

    assert (build.build, build.is_live) == (2, True)
    assert book.rows("seats", store) == fresh_fold(book.journal, store, "seats")


def test_a_table_without_any_rows_yet_is_created_again(book: Book) -> None:
    store = book.open_store(OLD)
    store.status()
    _run(store, "DROP TABLE read.notes_v1")
    again = book.open_store(OLD)
    book.tell(created(1))

    book.post(again)

    assert book.rows("notes", again) == fresh_fold(book.journal, again, "notes")


def test_where_it_is_lost_which_build_is_live_the_newest_that_this_code_has_is(book: Book, old: ReadStore) -> None:
    rebuild(book, "seats", book.open_store(BOTH))
    _run(old, "DELETE FROM read.live_versions")

    store = book.open_store(OLD)
    book.tell(created(4))
    book.post(store)

    assert (book.status("seats", store).live, book.status("seats", store).position) == (1, 4)
    assert book.rows("seats", store) == fresh_fold(book.journal, store, "seats")
    assert book.status("notes", store).live == 1


def test_where_only_builds_of_other_code_are_left_a_new_one_begins(book: Book, old: ReadStore) -> None:
    _run(old, "DELETE FROM read.live_versions")
    notes = OLD["notes"]
    assert isinstance(notes, LogProjection)
    changed = LogProjection("notes", 1, notes.tables, lambda event: [(notes.tables[0], {"what": "changed"})])
    store = book.open_store({"notes": changed, "seats": NEW["seats"]})

    book.post(store)

    assert [build.key for build in store.builds() if build.is_live] == [("notes", 1, 2), ("seats", 2, 1)]
    for name in ("notes", "seats"):
        assert book.rows(name, store) == fresh_fold(book.journal, store, name)
    assert book.status("notes", store).position == 3


def test_rows_without_any_cursor_are_not_taken_for_those_of_a_new_projection(book: Book, old: ReadStore) -> None:
    for table in ("cursors", "live_versions"):
        _run(old, f"DELETE FROM read.{table}")
    _run(
        old,
        "UPDATE read.seats_v1 SET stream_id = 'stale' || registration_id, registration_id = 'stale' || registration_id",
    )
    store = book.open_store(OLD)

    book.post(store)

    assert book.rows("seats", store) == fresh_fold(book.journal, store, "seats")


def test_a_projection_that_cannot_be_created_keeps_no_other_one_from_its_rows(book: Book) -> None:
    notes = OLD["notes"]
    assert isinstance(notes, LogProjection)
    (table,) = notes.tables
    doubled = table.to_metadata(type(table.metadata)(), name="bad_v1")
    for index in [*doubled.indexes]:
        index.name = conv("seats_v1")  # the name of a table
    bad: dict[str, Projection] = {"bad": LogProjection("bad", 1, (doubled,), lambda event: [])}
    store = book.open_store({**OLD, **bad})
    book.tell(created(1))

    book.post(store)

    assert book.rows("seats", store) == fresh_fold(book.journal, store, "seats")
    with pytest.raises(ProjectionError, match="no version of the projection bad is live"):
        book.rows("bad", store)


def test_a_folder_that_is_removed_and_added_again_goes_on_where_it_was(book: Book, old: ReadStore) -> None:
    without = book.open_store({"notes": OLD["notes"]})
    book.tell(created(4))
    book.post(without)
    assert (book.status("seats", without).state, book.status("seats", without).position) == ("frozen", 3)

    again = book.open_store(OLD)
    book.post(again)

    assert book.status("seats", again).position == 4
    assert book.rows("seats", again) == fresh_fold(book.journal, again, "seats")


def test_a_folder_that_is_added_again_after_it_was_dropped_is_filled_from_the_first_event_on(
    book: Book, old: ReadStore
) -> None:
    without = book.open_store({"notes": OLD["notes"]})
    drop(without, "seats", 1)

    again = book.open_store(NEW)
    book.post(again)

    assert [build.key for build in again.builds("seats")] == [("seats", 2, 1)]
    assert book.rows("seats", again) == fresh_fold(book.journal, again, "seats")
