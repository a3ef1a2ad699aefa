"""A store of the first layout, which knew no builds: brought up in place, and nothing is filled again."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from daybook.errors import ProjectionError, TableLostError
from daybook.projecting.cursor import CURSORS
from daybook.projecting.difference import diff
from daybook.projecting.inventory import found_tables
from daybook.projecting.layout import FIRST_LAYOUT, LAYOUT
from daybook.projecting.switching import drop
from tests.bodies import booking
from tests.projecting.book import Book, created
from tests.projecting.released import RELEASED, fill_as_released, take_back
from tests.projecting.versions import NEW, OLD, rebuild

LAYOUTS = (FIRST_LAYOUT, LAYOUT)
"""A store that an earlier daybook brought up still lacks the names of its tables."""


def test_a_store_of_the_first_layout_goes_on_where_it_was(book: Book) -> None:
    old = book.open_store(OLD)
    book.tell(created(1), created(2))
    book.post(old)
    before = {name: book.rows(name, old) for name in OLD}
    take_back(book)

    store = book.open_store(OLD)

    assert {name: book.rows(name, store) for name in OLD} == before
    assert [(build.key, build.position, build.is_live) for build in store.builds() if build.name in OLD] == [
        ((name, 1, 1), 2, True) for name in sorted(OLD)
    ]
    book.tell(booking("NoShow", 1, event_id="n", at="2026-01-02T10:00:00Z"))
    book.post(store)
    assert {build.position for build in store.builds() if build.name in OLD} == {3}
    assert {build.fingerprint_matches for build in store.builds() if build.name in OLD} == {True}
    for name in NEW:
        assert rebuild(book, name, book.open_store(NEW)).is_live
    assert rebuild(book, "seats", book.open_store(NEW), again=True).key == ("seats", 2, 2)


def test_it_is_brought_up_once(book: Book) -> None:
    book.tell(created(1))
    book.post()
    take_back(book)

    for _ in range(2):
        assert len(book.open_store().status()) == 3
    with book.store.read() as connection:
        schema = book.store.engine.schema
        told = "PRAGMA user_version" if schema is None else f"SELECT layout FROM {schema}.layout"
        assert connection.scalar(text(told)) == LAYOUT


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_tables_of_a_version_that_no_code_is_left_of_are_found_and_written_down(book: Book, layout: int) -> None:
    book.tell(created(1), created(2))
    fill_as_released(book, layout)

    store = book.open_store()

    assert {row["registration_id"] for row in book.rows("registrations", store)} == {"1", "2"}
    with store.read() as connection:
        told = dict(connection.execute(CURSORS.select().with_only_columns(CURSORS.c.name, CURSORS.c.tables)).all())
    assert told == {name: f"{name}_v1" for name in RELEASED}
    with store.snapshot("registrations") as snapshot:
        assert snapshot.has("registrations")
        assert not snapshot.has("registrations", "registrations_sessions")
        with pytest.raises(ProjectionError, match="no table registrations_sessions; run `daybook rebuild registr"):
            snapshot.named("registrations_sessions")
        with pytest.raises(ProjectionError, match="no column holds_place; run `daybook rebuild registrations`"):
            snapshot.named("registrations", "status", "holds_place")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_after_its_rebuild_it_is_compared_with_what_was_there_and_dropped(book: Book, layout: int) -> None:
    book.tell(created(1), created(2))
    fill_as_released(book, layout)
    store = book.open_store()

    assert rebuild(book, "registrations", store).is_live
    found = diff(store, book.journal, "registrations")

    assert (found.live, found.other, found.tables_only_old) == (
        (2, 1),
        (1, 1),
        ("registrations_sessions", "registrations_findings"),
    )
    assert [(table.table, table.rows_old, table.rows_new, table.changed) for table in found.tables] == [
        ("registrations", 2, 2, 0)
    ]
    drop(store, "registrations", 1)
    with store.read() as connection:
        assert "registrations_v1" not in store.engine.tables(connection)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_table_that_is_gone_is_missed_though_nothing_ever_named_it(book: Book, layout: int) -> None:
    book.tell(created(1))
    fill_as_released(book, layout)
    with book.store.change() as connection:
        book.store.engine.drop(connection, ["registrations_v1"])

    store = book.open_store()

    with pytest.raises(TableLostError), store.snapshot("registrations"):
        pass
    assert "its table is gone" in str(book.status("registrations", store).stopped_reason)
    assert len(book.rows("history", store)) == 1


def test_a_table_belongs_to_the_projection_with_the_longest_name_that_it_begins_with(book: Book) -> None:
    book.tell(created(1))
    book.post(book.open_store(OLD))
    cursor = next(one for one in book.store.cursors()[0] if one.name == "seats")
    there = ["seats_rows_v1", "seats_v1", "seats_old_v1", "seats_old_more_v1", "seats_v2", "seats_rows_v1_b2", "seats"]

    told = found_tables(cursor, made_by=None, current=None, there=there, names=["seats", "seats_old", "history"])

    assert told == "seats_v1 seats_rows_v1"
