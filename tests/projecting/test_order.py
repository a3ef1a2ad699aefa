"""The follower and the order of the journal: what a slower writer has yet to commit is not passed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from daybook.journal.postgresql.store import WRITERS_LOCK
from tests.engines import PostgreSQLEngine
from tests.postgresql.cluster import wait_until
from tests.projecting.book import Book, created

WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def test_an_event_that_a_slower_transaction_has_yet_to_commit_is_not_passed(
    shared: Book, database: PostgreSQLEngine
) -> None:
    shared.tell(created(1))
    follower = shared.follower()
    follower.run_once()

    with database.connected() as slow, database.connected() as watch, ThreadPoolExecutor() as threads:
        with slow.transaction():
            slow.execute("SELECT pg_advisory_xact_lock(%s)", [WRITERS_LOCK])
            # As another booking would be; its position is taken now and committed later.
            slow.execute(
                "INSERT INTO events SELECT position + 1, gen_random_uuid(), 1, topic, state, delivery_id,"
                " recorded_at_ns + 1, encoding, key_id FROM events"
            )
            quick = threads.submit(shared.tell, created(3))
            wait_until(lambda: watch.execute(WAITING).fetchone() == (1,), "the quick one waits for the slow one")
            moved = follower.run_once()
            assert (moved, shared.journal.head()) == (False, 1)
        quick.result(timeout=20)

    while follower.run_once():
        pass
    assert [row["position"] for row in shared.rows("history")] == [1, 2, 3]
