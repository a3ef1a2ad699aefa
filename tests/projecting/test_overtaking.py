"""Builds beside each other, of several versions, codes and processes: readers only ever go forward."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from sqlalchemy import Column, Text

from daybook.domain.identity import Kind
from daybook.domain.registration import Registration
from daybook.errors import CodeChangedError, ProjectionError
from daybook.projecting.cursor import LEASE_NS
from daybook.projecting.projection import LogProjection, Projection, Row, StateProjection, state_table
from daybook.projecting.read_store import ReadStore
from daybook.projecting.rebuild import start_build
from daybook.projecting.switching import drop, rollback, switch
from tests.projecting.book import Book, created
from tests.projecting.versions import BOTH, NEW, OLD, building, fresh_fold, rebuild, resumed, tables_there

SEATS_3 = state_table("seats", 3, "registration_id", Column("third", Text))


def seats_3(state: Registration) -> Iterable[Row]:
    yield SEATS_3, {"registration_id": state.registration_id, "third": state.status}


NEWEST: dict[str, Projection] = {"seats": StateProjection("seats", 3, (SEATS_3,), {Kind.REGISTRATION: seats_3})}


def _other_code(version: int) -> dict[str, Projection]:
    """As somebody has it who changed `notes` and left its version."""
    notes = {1: OLD, 2: NEW}[version]["notes"]
    assert isinstance(notes, LogProjection)
    return {
        "notes": LogProjection("notes", version, notes.tables, lambda event: [(notes.tables[0], {"what": "other"})])
    }


@pytest.fixture
def old(book: Book) -> ReadStore:
    """Version 1 is live and up to date."""
    book.tell(*(created(number) for number in range(1, 9)))
    store = book.open_store(OLD)
    book.post(store)
    return store


def _phases(store: ReadStore, name: str = "seats") -> dict[tuple[int, int], str]:
    return {(build.version, build.build): build.phase for build in store.builds(name)}


def test_a_build_that_was_overtaken_by_a_newer_version_is_kept_and_readers_stay_with_that(
    book: Book, old: ReadStore
) -> None:
    new, newest = book.open_store(NEW), book.open_store(NEWEST)
    overtaken = building(book, "seats", new)
    overtaken.step()
    rebuild(book, "seats", newest)

    told = [progress.phase for progress in overtaken.run(pause_s=0)]

    assert told[-1] == "kept"
    assert _phases(old) == {(1, 1): "kept", (2, 1): "kept", (3, 1): "live"}
    assert book.rows("seats", newest) == fresh_fold(book.journal, newest, "seats")


@pytest.mark.parametrize("first", [2, 3])
def test_of_two_versions_that_are_built_at_once_the_newer_one_is_live_in_the_end(
    book: Book, old: ReadStore, first: int
) -> None:
    both = {2: building(book, "seats", book.open_store(NEW)), 3: building(book, "seats", book.open_store(NEWEST))}
    one, other = both.pop(first), *both.values()

    while one.step() | other.step():
        pass

    assert _phases(old)[3, 1] == "live"
    assert _phases(old)[2, 1] == "kept"


def test_the_live_version_built_again_does_not_come_back_when_a_newer_one_went_live_meanwhile(
    book: Book, old: ReadStore
) -> None:
    start_build(old, book.journal, old.sound("seats"), again=True)
    rebuild(book, "seats", book.open_store(NEW))

    book.post(old)

    assert _phases(old) == {(1, 1): "kept", (1, 2): "kept", (2, 1): "live"}


def test_what_is_under_way_is_held_where_a_person_has_chosen_otherwise_since(book: Book, old: ReadStore) -> None:
    store = book.open_store(BOTH)
    rebuild(book, "seats", store)
    again = building(book, "seats", store, again=True)
    again.step()

    rollback(store, "seats")
    told = [progress.phase for progress in again.run(pause_s=0)]

    assert told[-1] == "held"
    assert _phases(store) == {(1, 1): "live", (2, 1): "kept", (2, 2): "held"}


def test_a_rebuild_on_a_host_with_old_code_takes_nobody_back(book: Book, old: ReadStore) -> None:
    rebuild(book, "seats", book.open_store(NEW))

    for again in (False, True):
        with pytest.raises(ProjectionError, match=r"version 2 .* is live, and the code here declares version 1"):
            building(book, "seats", old, again=again)

    held = rebuild(book, "seats", old, on_ready="hold", again=True)
    assert _phases(old) == {(1, 1): "kept", (1, 2): "held", (2, 1): "live"}
    with pytest.raises(ProjectionError, match="nothing newer is ready"):
        switch(old, "seats")
    assert switch(old, "seats", 1, held.build).is_live


def test_a_rebuild_that_is_asked_for_twice_does_not_bring_back_what_the_first_one_mended(book: Book) -> None:
    book.tell(created(1))
    book.post()
    with book.store.change() as connection:
        connection.exec_driver_sql(f"UPDATE {_named(book, 'registrations_v2')} SET status = 'spoilt'")
    rebuild(book, "registrations", again=True)

    for on_ready in ("switch", "hold"):
        with pytest.raises(ProjectionError, match="live already"):
            building(book, "registrations", on_ready=on_ready)

    assert [row["status"] for row in book.rows("registrations")] == ["booked"]
    assert _phases(book.store, "registrations") == {(2, 1): "kept", (2, 2): "live"}
    assert rebuild(book, "registrations", again=True).build == 3


def test_a_build_is_filled_only_by_the_code_that_began_it(book: Book, old: ReadStore) -> None:
    changed = book.open_store(_other_code(1))
    start_build(changed, book.journal, changed.sound("notes"), again=True)

    book.post(old)

    assert _phases(old, "notes") == {(1, 1): "live", (1, 2): "load"}
    with pytest.raises(CodeChangedError):
        list(resumed(book, old.builds("notes")[1], old).run(pause_s=0))
    assert old.builds("notes")[1].stopped_reason is None
    book.post(changed)
    assert _phases(old, "notes") == {(1, 1): "stopped", (1, 2): "live"}
    assert {row["what"] for row in book.rows("notes", changed)} == {"other"}


def test_a_build_whose_process_died_before_its_first_batch_is_left_to_the_code_that_began_it(
    book: Book, old: ReadStore
) -> None:
    changed = book.open_store(_other_code(1))
    start_build(changed, book.journal, changed.sound("notes"), again=True, holder="killed")
    book.clock_ns += LEASE_NS + 1

    book.post(old)

    assert _phases(old, "notes") == {(1, 1): "live", (1, 2): "load"}
    assert {row["what"] for row in book.rows("notes", old)} == {"Class.Booking.Created"}


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_whoever_built_what_was_dropped_and_begun_again_writes_nothing_into_it(
    book: Book, old: ReadStore, steps: int
) -> None:
    other = book.open_store(_other_code(2))
    paused = building(book, "notes", other)
    for _ in range(steps):
        assert paused.step()
    drop(old, "notes", 2)
    book.clock_ns += 1
    new = book.open_store(NEW)
    begun = building(book, "notes", new)
    assert begun.key == paused.key
    for _ in range(steps):
        assert begun.step()

    assert paused.step() is False
    assert paused.progress.phase == "gone"
    for _ in begun.run(pause_s=0):
        pass
    assert book.rows("notes", new) == fresh_fold(book.journal, new, "notes")
    assert tables_there(new, "notes") == ["notes_v1", "notes_v2"]


def test_a_rebuild_mends_a_projection_whose_live_cursor_is_lost(book: Book) -> None:
    book.tell(created(1), created(2))
    book.post()
    rebuild(book, "history", again=True)
    with book.store.change() as connection:
        connection.exec_driver_sql(f"DELETE FROM {_named(book, 'cursors')} WHERE name = 'history'")
    with pytest.raises(ProjectionError, match="no version of the projection history is live"):
        book.rows("history")

    build = rebuild(book, "history")

    assert (build.build, build.is_live) == (3, True)
    assert book.rows("history") == fresh_fold(book.journal, book.store, "history")
    with pytest.raises(ProjectionError, match="no earlier build"):
        rollback(book.store, "history")


def _named(book: Book, table: str) -> str:
    schema = book.store.engine.schema
    return f"{schema}.{table}" if schema else table
