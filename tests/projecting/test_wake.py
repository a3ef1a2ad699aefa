"""How soon a follower sees what another process has committed: it is told, also after the connection was lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from daybook.projecting.follower import Follower
from tests.engines import PostgreSQLEngine
from tests.postgresql.cluster import wait_until
from tests.projecting.book import Book, created

LISTENERS = "FROM pg_stat_activity WHERE datname = current_database() AND query IN ('LISTEN daybook_journal', 'SELECT')"
WAIT_S_MAX = 20.0


@pytest.fixture
def follower(shared: Book, database: PostgreSQLEngine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follower]:
    """It follows all that is there, and does not look by itself again."""
    monkeypatch.setattr("daybook.projecting.follower.POLL_S", 600.0)
    follower = shared.follower()
    follower.start()
    yield follower
    follower.stop()


def _listeners(database: PostgreSQLEngine) -> int:
    with database.connected() as other:
        (count,) = other.execute("SELECT count(*) " + LISTENERS).fetchone() or (0,)
        return int(count)


@pytest.mark.usefixtures("follower")
def test_a_commit_of_another_process_wakes_the_follower(shared: Book, database: PostgreSQLEngine) -> None:
    wait_until(lambda: _listeners(database) == 1, "somebody listens")
    for number in range(1, 4):
        shared.tell(created(number))

        assert shared.store.wait_for_position("history", number, timeout_s=WAIT_S_MAX)


@pytest.mark.usefixtures("follower")
def test_what_came_while_the_connection_was_lost_is_seen_and_the_next_commit_too(
    shared: Book, database: PostgreSQLEngine
) -> None:
    wait_until(lambda: _listeners(database) == 1, "somebody listens")
    with database.connected() as other:
        other.execute("SELECT pg_terminate_backend(pid) " + LISTENERS)
    for number in range(1, 3):
        shared.tell(created(number))

        assert shared.store.wait_for_position("history", number, timeout_s=WAIT_S_MAX)
