"""`kill -9` of a process in the middle of a rebuild: what it committed is kept, and another process ends it."""

from __future__ import annotations

import pytest

from daybook.projecting.switching import rollback
from tests.engines import Engine
from tests.projecting.book import Book, created
from tests.projecting.rebuilding import Rebuilding
from tests.projecting.versions import fresh_fold


@pytest.mark.parametrize(("name", "phase"), [("registrations", "load"), ("history", "load"), ("history", "index")])
def test_a_rebuild_whose_process_is_killed_is_ended_by_the_next_one(engine: Engine, name: str, phase: str) -> None:
    book = Book(engine, has_own_clock=False)
    book.tell(*(created(number) for number in range(1, 60)))
    book.post()
    with Rebuilding(engine.url, name) as first:
        for told in iter(first.told, ""):
            if told == phase:
                break
        assert (first.told(), first.told()) != ("", "")
        first.kill()
    (_, begun) = book.store.builds(name)
    assert begun.phase in {"load", "index"}
    assert begun.events_done > 0

    with Rebuilding(engine.url, name) as second:
        assert list(iter(second.told, ""))[-1] == "live"

    assert [build.key for build in book.store.builds(name) if build.is_live] == [(name, 2, 2)]
    rebuilt = book.rows(name)
    rollback(book.store, name)
    assert rebuilt == book.rows(name) == fresh_fold(book.journal, book.store, name)
    book.close()
