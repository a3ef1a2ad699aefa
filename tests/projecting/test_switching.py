"""Holding a build, looking at what it would change, switching to it, going back, and dropping what is not needed."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import pytest
from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text

from daybook.errors import BehindError, JournalExchangedError, ProjectionError, StoreUnavailableError
from daybook.projecting.cursor import change_cursor
from daybook.projecting.difference import diff
from daybook.projecting.projection import LogProjection, Projection, log_table
from daybook.projecting.read_store import ReadStore
from daybook.projecting.switching import drop, rollback, switch
from tests.bodies import booking
from tests.projecting.book import Book, created
from tests.projecting.versions import BOTH, NEW, OLD, rebuild, tables_there


@pytest.fixture
def held(book: Book) -> ReadStore:
    """Version 1 is live, version 2 is held, and one process has the code of both."""
    book.tell(*(created(number, guest_id=f"g{number}") for number in range(1, 6)))
    book.post(book.open_store(OLD))
    store = book.open_store(BOTH)
    rebuild(book, "seats", store, on_ready="hold")
    return store


def test_a_build_that_is_held_is_kept_up_and_not_read(book: Book, held: ReadStore) -> None:
    book.tell(booking("NoShow", 1, event_id="n", at="2026-01-02T10:00:00Z"))

    book.post(held)

    assert [(build.key, build.phase, build.position) for build in held.builds("seats")] == [
        (("seats", 1, 1), "live", 6),
        (("seats", 2, 1), "held", 6),
    ]
    assert {row["status"] for row in book.rows("seats", held)} == {"booked", "no_show"}


def test_the_difference_tells_what_readers_will_see_change(book: Book, held: ReadStore) -> None:
    with held.change() as connection:
        connection.exec_driver_sql(f"DELETE FROM {_table(held, 'seats_v2')} WHERE registration_id = '2'")
        connection.exec_driver_sql(f"DELETE FROM {_table(held, 'seats_v1')} WHERE registration_id = '3'")

    told = diff(held, book.journal, "seats")

    (seats,) = told.tables
    assert (told.live, told.other, told.position, seats.table) == ((1, 1), (2, 1), 5, "seats")
    assert (seats.rows_old, seats.rows_new, seats.only_old, seats.only_new, seats.changed) == (4, 4, 1, 1, 3)
    assert (dict(seats.columns), seats.columns_only_old, seats.columns_only_new) == ({"status": 3}, (), ("guest_id",))
    assert len(seats.samples) == 5
    changed = next(sample for sample in seats.samples if sample.key == book.registration_stream("1").hex)
    assert changed.columns == {"status": ("booked", "BOOKED")}


def test_the_difference_is_told_at_one_position(book: Book, held: ReadStore) -> None:
    book.tell(booking("NoShow", 1, event_id="n", at="2026-01-02T10:00:00Z"), created(6))
    book.post(book.open_store(OLD))

    told = diff(held, book.journal, "seats")

    (seats,) = told.tables
    assert (told.position, seats.rows_old, seats.rows_new, seats.only_old, seats.changed) == (5, 4, 4, 0, 4)


def test_a_switch_and_a_rollback_change_what_is_read_and_never_step_back(book: Book, held: ReadStore) -> None:
    assert switch(held, "seats").key == ("seats", 2, 1)
    assert {row["status"] for row in book.rows("seats", held)} == {"BOOKED"}
    book.tell(created(6))
    book.post(held)

    assert rollback(held, "seats").key == ("seats", 1, 1)

    with held.snapshot("seats") as snapshot:
        assert (snapshot.cursor.version, snapshot.cursor.position) == (1, 6)


def test_who_asks_twice_gets_what_was_asked_for_and_not_the_opposite(book: Book, held: ReadStore) -> None:
    switch(held, "seats")
    with pytest.raises(ProjectionError, match="nothing newer is ready"):
        switch(held, "seats")
    assert book.status("seats", held).live == 2

    rollback(held, "seats")
    with pytest.raises(ProjectionError, match="`daybook projections switch seats` goes to version 2 "):
        rollback(held, "seats")
    assert book.status("seats", held).live == 1

    assert switch(held, "seats").version == 2
    assert switch(held, "seats", 1).version == 1


def test_of_what_is_newer_that_which_is_held_is_switched_to(book: Book, held: ReadStore) -> None:
    switch(held, "seats")
    rollback(held, "seats")
    old = book.open_store(OLD)
    rebuild(book, "seats", old, on_ready="hold", again=True)

    assert switch(held, "seats").key == ("seats", 1, 2)


def test_nothing_that_is_behind_is_switched_to(book: Book, held: ReadStore) -> None:
    book.tell(created(6))
    book.post(book.open_store(OLD))
    with pytest.raises(BehindError, match="at position 5, the live one at 6"):
        switch(held, "seats", wait_s=0)
    assert book.status("seats", held).live == 1

    book.post(held)

    assert switch(held, "seats", wait_s=0).is_live


def test_a_rebuild_of_what_is_held_or_was_rolled_back_switches_to_it(book: Book, held: ReadStore) -> None:
    assert rebuild(book, "seats", held).key == ("seats", 2, 1)
    rollback(held, "seats")
    book.tell(created(6))

    build = rebuild(book, "seats", held)

    assert (build.key, build.is_live) == (("seats", 2, 1), True)


def test_positions_in_a_journal_that_was_exchanged_do_not_keep_a_held_build_back(book: Book) -> None:
    book.tell(created(1), created(2), created(3))
    book.post()
    book.exchange_journal()
    book.tell(created(7))
    book.post()
    rebuild(book, "registrations", on_ready="hold")

    assert switch(book.store, "registrations", wait_s=0).is_live

    assert [row["registration_id"] for row in book.rows("registrations")] == ["7"]
    with pytest.raises(ProjectionError, match="is stopped"):
        rollback(book.store, "registrations", wait_s=0)


def test_a_build_of_a_journal_that_was_exchanged_is_not_switched_to(book: Book) -> None:
    book.tell(created(1), created(2), created(3))
    book.post()
    rebuild(book, "registrations", again=True, on_ready="hold")
    book.exchange_journal()
    with book.store.change() as connection:
        change_cursor(connection, ("registrations", 1, 1), {"journal_id": None})

    with pytest.raises(JournalExchangedError):
        switch(book.store, "registrations", wait_s=0, journal=book.journal)


def test_a_leader_goes_on_when_its_build_was_switched_to_under_it(book: Book, held: ReadStore) -> None:
    follower = book.follower(held)
    while follower.run_once():
        pass
    switch(held, "seats")
    book.tell(created(6))

    while follower.run_once():
        pass

    assert {build.position for build in held.builds("seats")} == {6}
    assert {build.state for build in held.builds("seats")} == {"following"}


def test_there_is_nothing_to_switch_to_or_to_go_back_to_without_a_second_build(book: Book) -> None:
    store = book.open_store(OLD)
    with pytest.raises(ProjectionError, match="no such build"):
        switch(store, "seats")
    with pytest.raises(ProjectionError, match="no earlier build"):
        rollback(store, "seats")
    with pytest.raises(ProjectionError, match="no such build"):
        diff(store, book.journal, "seats")
    with pytest.raises(ProjectionError, match="no version"):
        switch(store, "unheard")


def test_the_live_build_cannot_be_dropped_and_others_go_with_their_tables(book: Book, held: ReadStore) -> None:
    with pytest.raises(ProjectionError, match="is live"):
        drop(held, "seats", 1)
    with pytest.raises(ProjectionError, match="no such build"):
        drop(held, "seats", 9)
    switch(held, "seats")

    assert [build.key for build in drop(held, "seats", 1)] == [("seats", 1, 1)]

    assert tables_there(held, "seats") == ["seats_v2"]
    with pytest.raises(ProjectionError, match="no earlier build"):
        rollback(held, "seats")
    book.tell(created(6))
    book.post(held)
    assert book.status("seats", held).position == 6


def test_whoever_keeps_a_build_that_is_dropped_lets_it_be(book: Book, held: ReadStore) -> None:
    follower = book.follower(held)
    follower.run_once()
    drop(held, "seats", 2)
    book.tell(created(6))

    while follower.run_once():
        pass

    assert [build.key for build in held.builds("seats")] == [("seats", 1, 1)]
    assert tables_there(held, "seats") == ["seats_v1"]
    assert rebuild(book, "seats", held).key == ("seats", 2, 1)


def test_a_projection_that_nobody_has_code_for_any_more_can_be_dropped_as_a_whole(book: Book, held: ReadStore) -> None:
    without = book.open_store({"notes": NEW["notes"]})
    with pytest.raises(ProjectionError, match="drop its other versions first: 2"):
        drop(without, "seats", 1)
    drop(without, "seats", 2)

    drop(without, "seats", 1)

    assert tables_there(without, "seats") == []
    assert [status.name for status in without.status() if status.name == "seats"] == []


def test_what_is_live_is_not_dropped_from_a_host_without_its_code_while_another_one_keeps_it(
    book: Book, held: ReadStore
) -> None:
    drop(held, "seats", 2)
    follower = book.follower(book.open_store(OLD))
    follower.run_once()
    without = book.open_store({"notes": NEW["notes"]})

    with pytest.raises(ProjectionError, match="keeps it at this moment"):
        drop(without, "seats", 1)
    assert tables_there(held, "seats") == ["seats_v1"]
    follower.stop()

    drop(without, "seats", 1)
    assert tables_there(held, "seats") == []


def test_a_reader_that_has_begun_keeps_its_table_from_being_dropped(book: Book, held: ReadStore) -> None:
    other = book.open_store(BOTH)
    with held.snapshot("seats") as reading:
        switch(other, "seats")
        with suppress(StoreUnavailableError):  # on PostgreSQL it waits for the reader; on SQLite it need not
            drop(other, "seats", 1)

        assert len(reading.connection.execute(reading.table.select()).all()) == 5

    if any(build.version == 1 for build in other.builds("seats")):
        drop(other, "seats", 1)
    assert tables_there(held, "seats") == ["seats_v2"]


def test_a_reader_whose_table_is_dropped_while_it_begins_gets_what_is_live_then(
    book: Book, held: ReadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, pin = book.open_store(BOTH), held.engine.pin

    def late(connection: Connection, names: Iterable[str]) -> None:
        monkeypatch.undo()
        switch(other, "seats")
        drop(other, "seats", 1)
        pin(connection, names)

    monkeypatch.setattr(held.engine, "pin", late)

    with held.snapshot("seats") as reading:
        # On SQLite it reads on in the file as it was.
        assert reading.cursor.version == (1 if held.engine.schema is None else 2)
        assert len(reading.connection.execute(reading.table.select()).all()) == 5


def test_values_that_changed_places_between_the_rows_of_one_key_are_a_difference(book: Book) -> None:
    def marks(version: int, *pairs: tuple[str, str]) -> Projection:
        numbers = [Column(name, BigInteger) for name in ("position", "version", "occurred_at_ns", "recorded_at_ns")]
        texts = [Column(name, Text) for name in ("stream_id", "source", "time_basis", "a", "b")]
        table = Table(f"marks_v{version}", MetaData(), *numbers, *texts)
        return LogProjection("marks", version, (table,), lambda event: [(table, {"a": a, "b": b}) for a, b in pairs])

    book.tell(created(1))
    book.post(book.open_store({"marks": marks(1, ("1", "x"), ("2", "y"), ("3", "z"))}))
    store = book.open_store({"marks": marks(2, ("2", "x"), ("1", "y"), ("3", "z"))})
    rebuild(book, "marks", store, on_ready="hold")

    (told,) = diff(store, book.journal, "marks").tables

    assert (told.rows_old, told.rows_new, told.changed, dict(told.columns)) == (3, 3, 1, {"b": 1})
    assert told.samples[0].columns == {"b": (["x", "y", "z"], ["y", "x", "z"])}


def test_tables_that_only_one_version_has_are_told(book: Book) -> None:
    main, more = (log_table(name, version) for name, version in (("marks", 1), ("marks_old", 1)))
    now, new = (log_table(name, version) for name, version in (("marks", 2), ("marks_new", 2)))
    first: Projection = LogProjection("marks", 1, (main, more), lambda event: [(main, {})])
    second: Projection = LogProjection("marks", 2, (now, new), lambda event: [(now, {})])
    book.tell(created(1))
    book.post(book.open_store({"marks": first}))
    store = book.open_store({"marks": second})
    rebuild(book, "marks", store, on_ready="hold")

    told = diff(store, book.journal, "marks")

    assert [table.table for table in told.tables] == ["marks"]
    assert (told.tables_only_old, told.tables_only_new) == (("marks_old",), ("marks_new",))


def _table(store: ReadStore, name: str) -> str:
    return f"{store.engine.schema}.{name}" if store.engine.schema else name
