"""Reading from a standby: what it tells belongs together, it says how far it got, and nothing is ever written there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from daybook.errors import ProjectionError, StoreUnavailableError
from daybook.journal import open_journal
from daybook.projecting.discovery import discover
from daybook.projecting.read_store import ReadStore
from daybook.projecting.status import lag_of
from tests.engines import PostgreSQLEngine
from tests.postgresql.cluster import Cluster
from tests.projecting.book import Book, created

NAME = "book"
ARRIVAL_S_MAX = 20.0


@pytest.fixture
def primary() -> Iterator[Cluster]:
    with Cluster(is_durable=False) as cluster:
        yield cluster


def test_a_replica_tells_the_position_that_it_has_got_to_itself(primary: Cluster) -> None:
    book = Book(PostgreSQLEngine(primary.create_database(NAME)), has_own_clock=False)
    book.tell(created(1))
    book.post()
    with primary.standby("replica") as standby:
        journal = open_journal(standby.url(NAME), is_replica=True)
        replica = ReadStore(standby.url(NAME), discover(), is_replica=True)
        assert replica.wait_for_position("history", 1, ARRIVAL_S_MAX)
        standby.sql("SELECT pg_wal_replay_pause()", database=NAME)
        book.tell(created(2))
        book.post()

        with replica.snapshot("history") as snapshot:
            rows = snapshot.connection.execute(snapshot.table.select()).all()
        assert (snapshot.cursor.position, len(rows)) == (1, 1)
        assert lag_of(book.journal, snapshot.cursor.position).events == 1
        assert lag_of(journal, snapshot.cursor.position).events == 0
        assert replica.wait_for_position("history", 2, timeout_s=0) is False
        standby.sql("SELECT pg_wal_replay_resume()", database=NAME)

        assert replica.wait_for_position("history", 2, ARRIVAL_S_MAX)
        assert journal.head() == 2
        assert {status.position for status in replica.status()} == {2}
        replica.close()
        journal.close()
    book.close()


def test_a_replica_creates_nothing_where_nothing_has_arrived_yet(database: PostgreSQLEngine) -> None:
    replica = ReadStore(database.url, discover(), is_replica=True)

    with pytest.raises(StoreUnavailableError):
        replica.status()

    with database.connected() as other:
        assert other.execute("SELECT to_regnamespace('read')").fetchone() == (None,)
    replica.close()


def test_nothing_is_written_through_a_replica_even_if_it_would_take_it(shared: Book) -> None:
    shared.tell(created(1))
    shared.post()
    replica = ReadStore(shared.engine.url, discover(), is_replica=True)
    with replica.snapshot("history") as snapshot:
        cursor = snapshot.cursor

    with pytest.raises(ProjectionError, match="only read"), replica.write(cursor):
        pass
    replica.close()
