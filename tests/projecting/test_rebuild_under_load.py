"""A rebuild while events arrive, followers of old and new code follow, and somebody reads all the time.

The same through a real server is a round of `scripts/soak`, of which `tests/server/test_rebuild.py` runs a short one.
"""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from daybook.projecting.building import Building
from daybook.projecting.read_store import ReadStore
from daybook.projecting.rebuild import start_build
from daybook.projecting.snapshot import Snapshot
from tests.bodies import booking
from tests.engines import Engine
from tests.postgresql.cluster import wait_until
from tests.projecting.book import Book, created
from tests.projecting.versions import NEW, OLD, fresh_fold

EVENTS = 240
REGISTRATIONS = 60
TOLD = [str(number % REGISTRATIONS + 1) for number in range(EVENTS)]
"""The registration that the event at each position is about, the first at 1."""


def event(position: int) -> dict[str, Any]:
    """Each registration is booked, and then approved again and again."""
    number = int(TOLD[position - 1])
    if position <= REGISTRATIONS:
        return created(number)
    return booking("Approved", number, event_id=f"a{position}", at="2026-01-02T10:00:00Z")


def _is_as_told(snapshot: Snapshot) -> bool:
    """Whether there are just the rows that the events up to its position make, by nothing but counting."""
    position, columns = snapshot.cursor.position, snapshot.table.c
    if snapshot.cursor.name == "notes":
        rows = snapshot.connection.scalars(select(columns.position).order_by(columns.position)).all()
        return rows == list(range(1, position + 1))
    query = select(columns.registration_id, columns.version)
    return dict(map(tuple, snapshot.connection.execute(query).all())) == Counter(TOLD[:position])


def _read_until(store: ReadStore, name: str, done: threading.Event) -> set[int]:
    """The versions that were read. Each answer is right for its position, which never steps back."""
    versions: set[int] = set()
    position, is_last = 0, False
    while not is_last:
        is_last = done.is_set()
        with store.snapshot(name) as snapshot:
            assert snapshot.cursor.position >= position
            assert _is_as_told(snapshot)
            position = snapshot.cursor.position
            versions.add(snapshot.cursor.version)
    return versions


@pytest.mark.parametrize("name", ["notes", "seats"])
@pytest.mark.parametrize("detached", [False, True])
def test_every_answer_is_right_for_its_position_while_the_version_changes(
    engine: Engine, name: str, *, detached: bool
) -> None:
    book = Book(engine, has_own_clock=False)
    old = book.open_store(OLD)
    book.tell(*(event(position) for position in range(1, EVENTS // 2)))
    book.post(old)
    new = book.open_store(NEW)
    followers = [book.follower(old, 20), book.follower(new, 20)]
    done = threading.Event()
    with ThreadPoolExecutor(2) as threads:
        read = threads.submit(_read_until, new, name, done)
        try:
            for follower in followers:
                follower.start()
            build = start_build(new, book.journal, new.sound(name))
            one = Building(build, new.sound(name), new, book.journal, load_events_max=10, catch_up_events_max=5)
            built = None if detached else threads.submit(list, one.run(pause_s=0.01))
            for position in range(EVENTS // 2, EVENTS + 1):
                book.tell(event(position))
                for follower in followers:
                    follower.wake()
            if built is not None:
                built.result(timeout=60)
            wait_until(lambda: read.done() or book.status(name, new).live == 2, "the new version is live")
        finally:
            done.set()
            for follower in followers:
                follower.stop()
    assert read.result() == {1, 2}
    book.post(new)
    assert book.rows(name, new) == fresh_fold(book.journal, new, name)
    book.close()
