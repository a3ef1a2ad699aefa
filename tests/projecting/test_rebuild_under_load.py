"""A rebuild while events arrive, followers of old and new code follow, and somebody reads all the time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from daybook.projecting.building import Building
from daybook.projecting.read_store import ReadStore
from daybook.projecting.rebuild import start_build
from tests.engines import Engine
from tests.postgresql.cluster import wait_until
from tests.projecting.book import Book, created
from tests.projecting.versions import NEW, OLD, fresh_fold

EVENTS = 240


def _read_until(store: ReadStore, done: threading.Event) -> set[int]:
    """The versions that were read. Each answer has just the events up to its position, which never steps back."""
    versions: set[int] = set()
    position, is_last = 0, False
    while not is_last:
        is_last = done.is_set()
        with store.snapshot("notes") as snapshot:
            rows = snapshot.connection.scalar(select(func.count()).select_from(snapshot.table))
            assert rows == snapshot.cursor.position >= position
            position = snapshot.cursor.position
            versions.add(snapshot.cursor.version)
    return versions


@pytest.mark.parametrize("detached", [False, True])
def test_every_answer_is_right_for_its_position_while_the_version_changes(engine: Engine, *, detached: bool) -> None:
    book = Book(engine, has_own_clock=False)
    old = book.open_store(OLD)
    book.tell(*(created(number) for number in range(1, EVENTS // 2)))
    book.post(old)
    new = book.open_store(NEW)
    followers = [book.follower(old, 20), book.follower(new, 20)]
    done = threading.Event()
    with ThreadPoolExecutor(2) as threads:
        read = threads.submit(_read_until, new, done)
        try:
            for follower in followers:
                follower.start()
            build = start_build(new, book.journal, new.sound("notes"))
            one = Building(build, new.sound("notes"), new, book.journal, load_events_max=10, catch_up_events_max=5)
            built = None if detached else threads.submit(list, one.run(pause_s=0.01))
            for number in range(EVENTS // 2, EVENTS):
                book.tell(created(number))
                for follower in followers:
                    follower.wake()
            if built is not None:
                built.result(timeout=60)
            wait_until(lambda: read.done() or book.status("notes", new).live == 2, "the new version is live")
        finally:
            done.set()
            for follower in followers:
                follower.stop()
    assert read.result() == {1, 2}
    book.post(new)
    assert book.rows("notes", new) == fresh_fold(book.journal, new, "notes")
    book.close()
