"""`kill -9` of a process in the middle of a rebuild: what it committed is kept, and another process ends it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from daybook.projecting.switching import rollback
from tests.bodies import booking
from tests.engines import Engine
from tests.projecting.book import Book, created
from tests.projecting.rebuilding import SWITCHED, SWITCHING, Rebuilding
from tests.projecting.versions import fresh_fold, tables_there


@pytest.fixture
def book(engine: Engine) -> Iterator[Book]:
    """60 registrations, posted; by the time that the store tells, as other processes have it."""
    book = Book(engine, has_own_clock=False)
    book.tell(*(created(number) for number in range(1, 61)))
    book.post()
    yield book
    book.close()


def _kill_in(book: Book, name: str, phase: str) -> None:
    """In the middle of this phase of a rebuild, during which the live build goes on."""
    with Rebuilding(book.engine.url, name, f"load,{phase}") as one:
        assert one.told() == "load"
        book.tell(*(booking("NoShow", number, event_id=f"n{number}", at="2026-01-02T10:00:00Z") for number in (3, 4)))
        book.post()
        told = "load"
        while told != phase:
            if told == "load":
                one.go_on()
            told = one.told()
            assert told
        one.kill()


def _is_right(book: Book, name: str) -> bool:
    return book.rows(name) == fresh_fold(book.journal, book.store, name)


@pytest.mark.parametrize("name", ["registrations", "history"])
@pytest.mark.parametrize("phase", ["load", "index", "catch up"])
def test_a_rebuild_whose_process_is_killed_is_ended_by_the_next_one(book: Book, name: str, phase: str) -> None:
    _kill_in(book, name, phase)
    (_, begun) = book.store.builds(name)
    assert begun.phase == phase
    assert begun.events_done > 0
    assert _is_right(book, name)

    with Rebuilding(book.engine.url, name) as second:
        assert list(iter(second.told, ""))[-1] == "live"

    assert [build.key for build in book.store.builds(name) if build.is_live] == [(name, 2, 2)]
    assert _is_right(book, name)
    rollback(book.store, name)
    assert _is_right(book, name)


def test_a_process_that_is_killed_within_the_switch_has_switched_nothing(book: Book) -> None:
    with Rebuilding(book.engine.url, "registrations", SWITCHING) as first:
        assert SWITCHING in iter(first.told, "")
        first.kill()

    assert [build.phase for build in book.store.builds("registrations")] == ["live", "catch up"]
    assert _is_right(book, "registrations")
    with Rebuilding(book.engine.url, "registrations") as second:
        assert list(iter(second.told, ""))[-1] == "live"
    assert [build.phase for build in book.store.builds("registrations")] == ["kept", "live"]
    assert _is_right(book, "registrations")


def test_a_process_that_is_killed_behind_the_switch_leaves_what_the_next_one_drops(book: Book) -> None:
    with Rebuilding(book.engine.url, "history") as before:
        assert list(iter(before.told, ""))[-1] == "live"
    with Rebuilding(book.engine.url, "history", SWITCHED) as first:
        assert SWITCHED in iter(first.told, "")
        first.kill()

    assert [build.phase for build in book.store.builds("history")] == ["kept", "kept", "live"]
    assert _is_right(book, "history")
    with Rebuilding(book.engine.url, "history") as second:
        assert list(iter(second.told, ""))[-1] == "live"
    assert tables_there(book.store, "history") == ["history_v2_b3", "history_v2_b4"]
    assert _is_right(book, "history")
