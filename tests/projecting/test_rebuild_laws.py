"""Rebuild = live = fresh fold: for any stream, in batches of any size, killed anywhere, on both engines."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from daybook.errors import StoreUnavailableError
from daybook.projecting.cursor import LEASE_NS
from daybook.projecting.rebuild import start_build
from tests.projecting.book import Book, Tables
from tests.projecting.days import LAWS, NAMES, Opened, days
from tests.projecting.versions import (
    Killed,
    fresh_fold,
    fresh_tables,
    indexes_there,
    killed_at_commit,
    rebuild,
    resumed,
    unavailable_at_commit,
)

KILLS = st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=4)


def _rows(book: Book) -> dict[str, Tables]:
    return {name: book.tables(name) for name in NAMES}


@given(day=days(), size=st.integers(1, 5), cut=st.integers(0, 12), kills=KILLS)
@LAWS
def test_a_rebuild_that_is_killed_anywhere_ends_with_the_rows_of_the_live_one_and_of_a_fresh_fold(
    opened: Opened, day: list[Any], size: int, cut: int, kills: list[tuple[int, bool]]
) -> None:
    with opened() as book:
        book.tell(*day[:cut])
        book.post()
        for name in NAMES:
            build = start_build(book.store, book.journal, book.store.sound(name), again=True)
            for number, committed in kills:
                with killed_at_commit(book.store, number, committed=committed), suppress(Killed):
                    for _ in resumed(book, build, load_events_max=size).run(pause_s=0):
                        pass
                book.clock_ns += LEASE_NS + 1
        book.tell(*day[cut:])
        book.post()
        live = _rows(book)

        for name in NAMES:
            if book.status(name).build == 1:
                rebuild(book, name, again=True)
        book.post()

        assert {book.status(name).build for name in NAMES} == {2}
        assert _rows(book) == live
        assert live == {name: fresh_tables(book.journal, book.store, name) for name in NAMES}
        assert indexes_there(book.store, "registrations_v2_b2") == indexes_there(book.store, "registrations_v2")


@given(day=days(), size=st.integers(1, 5), cut=st.integers(0, 12), kills=KILLS)
@LAWS
def test_a_follower_that_builds_and_is_killed_anywhere_ends_with_the_rows_of_a_fresh_fold(
    opened: Opened, day: list[Any], size: int, cut: int, kills: list[tuple[int, bool]]
) -> None:
    with opened() as book:
        book.tell(*day[:cut])
        book.post()
        for name in NAMES:
            start_build(book.store, book.journal, book.store.sound(name), again=True)
        book.tell(*day[cut:])
        for number, committed in kills:
            with killed_at_commit(book.store, number, committed=committed), suppress(Killed):
                book.post(batch_events_max=size)
            book.clock_ns += LEASE_NS + 1

        book.post(batch_events_max=size)

        assert {book.status(name).build for name in NAMES} == {2}
        assert _rows(book) == {name: fresh_tables(book.journal, book.store, name) for name in NAMES}


@given(day=days(), number=st.integers(1, 12))
@LAWS
def test_a_commit_whose_answer_is_lost_is_neither_lost_nor_done_twice(
    opened: Opened, day: list[Any], number: int
) -> None:
    with opened() as book:
        book.tell(*day)
        book.post()
        build = start_build(book.store, book.journal, book.store.sound("history"), again=True)
        one = resumed(book, build, load_events_max=2)
        with unavailable_at_commit(book.store, number), suppress(StoreUnavailableError):
            while one.step():
                pass

        for _ in one.run(pause_s=0):
            pass

        assert book.status("history").build == 2
        assert book.rows("history") == fresh_fold(book.journal, book.store, "history")
