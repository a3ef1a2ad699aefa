"""What a server, a network or another process may do to the store, and what must come of it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from daybook.domain.registration import Created
from daybook.errors import StoreUnavailableError
from daybook.journal import Journal, open_journal
from daybook.journal.postgresql import condition
from daybook.journal.postgresql.session import Session
from daybook.journal.postgresql.store import WRITERS_LOCK
from daybook.journal.rows import BodyRow, EventRow
from tests.engines import PostgreSQLEngine
from tests.postgresql.cluster import Cluster, wait_until

Booked = Callable[..., Created]
ANSWER_S_MAX = 8.0
FREED_S_MAX = 10.0
LOCK = b"BEGIN; SELECT pg_advisory_xact_lock(%d)" % WRITERS_LOCK


@pytest.fixture
def stopped(journal: Journal) -> Iterator[Session]:
    """The session of a writer that stops doing anything: nobody reads from it or writes to it any more."""
    store: Any = journal._store
    session = Session(store._parameters)
    yield session
    session.close()


def saved(journal: Journal, event: Created, wait_s_max: float = FREED_S_MAX) -> float:
    """Tries until it is saved, as Zenoti does; how long that took."""
    asked_s = time.monotonic()

    def is_saved() -> bool:
        try:
            journal.save(event)
        except StoreUnavailableError:
            return False
        return True

    wait_until(is_saved, "the event is saved", wait_s_max)
    return time.monotonic() - asked_s


def test_a_writer_that_stops_inside_its_transaction_does_not_hold_the_others_up(
    journal: Journal, stopped: Session, booked: Booked
) -> None:
    stopped.run(LOCK)

    saved(journal, booked())

    with pytest.raises(psycopg.OperationalError):
        stopped.run(b"COMMIT")


def test_a_writer_that_stops_in_the_middle_of_a_copy_does_not_hold_the_others_up(
    journal: Journal, stopped: Session, booked: Booked
) -> None:
    stopped.run(LOCK)
    stopped._pgconn.send_query(b"COPY bodies (delivery_id, body) FROM STDIN (FORMAT binary)")
    stopped._flush()

    saved(journal, booked())

    assert journal.head() == 1


def test_a_server_that_hangs_is_told_as_unavailable_in_time_and_it_goes_on_by_itself(
    journal: Journal, cluster: Cluster, database: PostgreSQLEngine, booked: Booked
) -> None:
    journal.save(booked("1"))
    cluster.freeze()
    attempts: list[Callable[[], object]] = [
        lambda: journal.save(booked("2")),
        journal.head,
        database.open,
        lambda: condition(database.url),
    ]
    asked_s = time.monotonic()
    with ThreadPoolExecutor(len(attempts)) as threads:
        failures = [asked.exception() for asked in [threads.submit(attempt) for attempt in attempts]]

    assert time.monotonic() - asked_s < ANSWER_S_MAX
    assert [type(failure) for failure in failures] == [StoreUnavailableError] * len(attempts)
    cluster.thaw()
    saved(journal, booked("3"))
    assert journal.head() in {2, 3}, "what was sent before it hung may have been written"


def test_a_server_that_is_killed_and_started_again_is_waited_for(
    journal: Journal, cluster: Cluster, booked: Booked
) -> None:
    journal.save(booked("1"))
    cluster.kill()
    with pytest.raises(StoreUnavailableError):
        journal.head()
    cluster.spawn()

    saved(journal, booked("2"))

    assert [event.position for event in journal.select_events_after(0, 9)] == [1, 2]


def test_a_server_without_free_connections_is_told_as_unavailable_and_it_goes_on_by_itself(
    journal: Journal, cluster: Cluster, booked: Booked
) -> None:
    store: Any = journal._store
    taken: list[psycopg.Connection] = []
    cluster.sql("CREATE ROLE plain LOGIN")
    cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'daybook%'")
    store._parameters = store._parameters.replace("user=postgres", "user=plain")
    try:
        # The last ones are kept for superusers.
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                taken.append(psycopg.connect(cluster.url().replace("postgres@", "plain@")))
        with pytest.raises(StoreUnavailableError):
            journal.probe()
    finally:
        for connection in taken:
            connection.close()
        cluster.sql("DROP ROLE plain")
    store._parameters = store._parameters.replace("user=plain", "user=postgres")

    saved(journal, booked("1"))


def test_the_sessions_that_were_ended_are_replaced_without_a_refusal(
    journal: Journal, database: PostgreSQLEngine, booked: Booked
) -> None:
    journal.save(booked("1"))
    assert journal.head() == 1
    database.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'daybook'")

    journal.save(booked("2"))

    assert journal.head() == 2


def test_a_vacuum_of_the_events_that_takes_its_time_does_not_keep_writers_waiting(
    journal: Journal, database: PostgreSQLEngine, booked: Booked
) -> None:
    rows = [EventRow(n, uuid4().bytes, 1, "daybook:x", bytes(1_000), bytes(16), n) for n in range(1, 801)]
    with journal.transaction() as tx:
        tx.append(rows)
    with database.connected() as vacuuming, database.connected() as watching, ThreadPoolExecutor(1) as thread:
        vacuuming.execute("SET vacuum_cost_delay = 100; SET vacuum_cost_limit = 1; SET statement_timeout = '60s'")
        thread.submit(vacuuming.execute, "VACUUM (DISABLE_PAGE_SKIPPING) events")

        def is_vacuuming() -> bool:
            return bool(watching.execute("SELECT 1 FROM pg_stat_progress_vacuum").fetchone())

        wait_until(is_vacuuming, "the vacuum is at work")

        journal.save(booked())

        assert is_vacuuming(), "it was at work all the time"
        vacuuming.cancel()


def test_what_a_transaction_has_yet_to_commit_is_passed_by_nobody(
    journal: Journal, database: PostgreSQLEngine, booked: Booked
) -> None:
    other = open_journal(database.url)
    with ThreadPoolExecutor(1) as thread:
        with journal.transaction() as tx:
            end = tx.clock()
            tx.append([EventRow(end.position + 1, uuid4().bytes, 1, "daybook:x", b"{}", bytes(16), end.now_ns)])
            assert tx.clock().position == 1, "it is in the table, and nobody else sees it"
            later = thread.submit(other.save, booked())

            def is_waiting() -> bool:
                with database.connected() as watching:
                    query = "SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory'"
                    query += " AND NOT granted AND datname = current_database()"
                    return bool(watching.execute(query).fetchone())

            wait_until(is_waiting, "the other writer waits")
            assert other.head() == 0
        later.result()

    assert other.head() == 2
    other.close()


def test_times_come_from_the_server_and_grow_with_the_positions(
    journal: Journal, database: PostgreSQLEngine, booked: Booked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time_ns", lambda: 0)
    for number in range(9):
        journal.save(booked(str(number)))

    events = journal.select_events_after(0, 9)

    assert all(one.recorded_at_ns < two.recorded_at_ns for one, two in pairwise(events))
    with database.connected() as other:
        (now_s,) = other.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone() or (0,)
    assert abs(now_s - events[-1].recorded_at_ns / 1e9) < 60


def test_a_commit_waits_for_the_disk_whatever_the_servers_default_is(
    cluster: Cluster, database: PostgreSQLEngine
) -> None:
    cluster.sql(f'ALTER DATABASE "{database.name}" SET synchronous_commit = off')
    cluster.sql(f"""ALTER DATABASE "{database.name}" SET default_transaction_isolation = 'repeatable read'""")
    journal = open_journal(database.url)
    store: Any = journal._store

    with journal.transaction():
        assert store._session.run(b"SHOW synchronous_commit")[0].rows == [(b"on",)]
        assert store._session.run(b"SHOW transaction_isolation")[0].rows == [(b"read committed",)]
    journal.close()


def test_a_commit_is_notified_with_the_last_position(
    journal: Journal, database: PostgreSQLEngine, booked: Booked
) -> None:
    with database.connected() as listening:
        listening.execute("LISTEN daybook_journal")

        journal.save(booked("1"), booked("2"))

        (told,) = listening.notifies(timeout=10, stop_after=1)
    assert told.payload == "2"


def test_a_body_of_many_megabytes_comes_back_byte_for_byte(journal: Journal) -> None:
    body = bytes(range(256)) * 32 * 1024
    delivery_id = uuid4()

    with journal.transaction() as tx:
        tx.append([BodyRow(delivery_id.bytes, body)])

    assert journal.inbox.body(delivery_id) == body


def test_a_session_that_turns_out_to_be_anothers_is_not_written_through(journal: Journal, booked: Booked) -> None:
    store: Any = journal._store
    journal.save(booked("1"))
    # What a pooler does that hands out sessions by the transaction.
    store._session.run(b"SET daybook.session = 'of another client'")

    with pytest.raises(StoreUnavailableError, match="pool_mode = session"):
        journal.save(booked("2"))

    journal.save(booked("2"))
    assert journal.head() == 2


def test_a_standby_is_read_and_refuses_writes(
    cluster: Cluster, journal: Journal, database: PostgreSQLEngine, booked: Booked
) -> None:
    journal.save(booked("1"))
    with cluster.standby("copy") as standby:
        url = standby.url(database.name)
        replica = open_journal(url, is_replica=True)
        wait_until(lambda: replica.head() == 1, "the standby has it")

        with pytest.raises(StoreUnavailableError):
            replica.probe()

        assert replica.journal_id == journal.journal_id
        assert condition(url).is_standby
        assert not condition(database.url).is_standby
        cluster.configure(synchronous_standby_names="copy")
        wait_until(lambda: condition(database.url).synchronous_standbys == 1, "commits wait for it")
        replica.close()


def test_a_promoted_standby_takes_over_where_the_url_names_both(
    cluster: Cluster, database: PostgreSQLEngine, booked: Booked
) -> None:
    with cluster.standby("copy") as standby:
        hosts = f"127.0.0.1:{cluster.port},127.0.0.1:{standby.port}"
        journal = open_journal(f"postgresql://postgres@{hosts}/{database.name}?target_session_attrs=read-write")
        cluster.configure(synchronous_standby_names="copy")
        journal.save(booked("1"))

        cluster.kill()
        standby.promote()

        saved(journal, booked("2"))
        assert [event.position for event in journal.select_events_after(0, 9)] == [1, 2]
        journal.close()


def test_a_connection_that_is_in_use_when_its_journal_is_closed_is_closed_when_it_is_given_back(
    database: PostgreSQLEngine,
) -> None:
    journal = open_journal(database.url)
    with journal.inbox.moment() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        journal.close()
        assert not driver.closed

    assert driver.closed
