"""Many processes on one PostgreSQL: one journal without gaps, each event once, nobody held up without need."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import psutil
import psycopg

from daybook.intake.authentication import SourceRules, authenticate
from daybook.intake.call import Call
from daybook.intake.entry import Entry, prepare
from daybook.intake.recording import record
from daybook.journal import open_journal
from daybook.zenoti.signature import HEADER, sign
from tests.bodies import booking, sent
from tests.postgresql.cluster import Cluster
from tests.server.fleet import Fleet
from tests.server.load import Load, day, days
from tests.server.process import SECRET, ServerProcess, wait_until
from tests.server.proof import audit, audit_refusals
from tests.server.rows import audit_rows, head, is_followed
from tests.server.witness import Witness

Deploy = Callable[..., Fleet]
AT = "2026-03-01T09:00:00Z"
WEBHOOKS = 700


def created(number: int) -> dict[str, Any]:
    return booking("Created", number, event_id=f"e{number}", at=AT)


def test_four_servers_and_a_follower_record_each_event_once_in_one_order_and_skip_none(deploy: Deploy) -> None:
    fleet = deploy(servers=4, followers=1)
    stream = day(WEBHOOKS, seed=5)

    with Witness(fleet.servers) as witness, Load(fleet.servers, stream, copies=2) as load:
        load.join()

    told = [taken.answer["status"] for taken in load.acknowledged]
    assert len(told) == 2 * len(stream)
    assert told.count("duplicate") >= len(stream)
    assert {taken.server for taken in load.acknowledged} == set(fleet.servers)
    audit(fleet.database_url, load.acknowledged).assert_clean()
    audit_rows(fleet.servers[0], witness.served).assert_clean()
    witness.verdict().assert_clean()


def test_six_processes_that_start_at_once_on_an_empty_database_all_work(deploy: Deploy) -> None:
    fleet = deploy(servers=5, followers=1)

    told = [server.post(created(number)).json() for number, server in enumerate(fleet.servers, 1)]

    assert [(answer["status"], answer["position"]) for answer in told] == [("recorded", n) for n in range(1, 6)]
    for server in fleet.servers:
        assert server.get("/v1/main/registrations/5", min_position=5)["status"] == "booked"
    for process in fleet.processes:
        process.assert_running()


def test_the_follower_never_passes_an_event_that_a_slower_transaction_has_yet_to_commit(
    deploy: Deploy, cluster: Cluster
) -> None:
    fleet = deploy(servers=2, followers=1)
    first, second = fleet.servers
    first.post(created(1))
    wait_until(lambda: is_followed(first), "the first event is followed")

    with Witness(fleet.servers) as witness, ThreadPoolExecutor() as senders:
        with a_transaction_held_open(fleet.database_url, created(2)):
            answers = [senders.submit(server.post, created(n)) for n, server in ((3, first), (4, second))]
            wait_until(
                lambda: all(answer.done() for answer in answers) or waiting_writers(cluster) == len(answers),
                "both servers have done what they can",
            )
            passed = [item["position"] for item in first.get("/ops/projections")["items"]]
        told = [answer.result().json() for answer in answers]

        audit_rows(first, witness.served).assert_clean()
    assert set(passed) == {1}
    assert {(answer["status"], answer["position"]) for answer in told} == {("recorded", 3), ("recorded", 4)}
    assert [item["position"] for item in first.get("/v1/main/history", time="recorded")["items"]] == [4, 3, 2, 1]
    witness.verdict().assert_clean()


def test_writing_goes_on_while_a_vacuum_is_held_open_on_the_events(deploy: Deploy, cluster: Cluster) -> None:
    fleet = deploy(servers=2, followers=1)
    with Load(fleet.servers, day(WEBHOOKS, seed=8)):
        pass

    with a_slow_vacuum(cluster, fleet.database_url) as is_running, Load(fleet.servers, days(seed=9)) as load:
        load.wait_for_more(WEBHOOKS)
        assert is_running()
        told = head(fleet.servers[0])
        wait_until(lambda: is_followed(fleet.servers[0], told), "the follower goes on too")
        assert is_running()
        load.end()

    assert not load.refused
    audit(fleet.database_url, load.acknowledged).assert_clean()


def test_one_server_of_several_workers_loses_nothing_when_a_worker_is_killed(deploy: Deploy) -> None:
    fleet = deploy(servers=1, options=["--workers", "2"])
    (server,) = fleet.servers
    with Load(fleet.servers, days(seed=10), copies=2, insists=True) as load:
        for _ in range(2):
            load.wait_for_more()
            replace_a_worker(server)
        load.wait_for_more()
        load.end()

    audit(fleet.database_url, load.acknowledged).assert_clean()
    audit_refusals(load).assert_clean()
    audit_rows(server).assert_clean()
    assert server.terminate() == 0


@contextmanager
def a_transaction_held_open(database_url: str, body: dict[str, Any]) -> Iterator[None]:
    """One event was given its position and is not committed yet."""
    journal = open_journal(database_url)
    try:
        with journal.transaction() as tx:
            record(tx, [entry_of(body)])
            assert tx.clock().position == 2, "it is written, though nobody sees it"
            yield
    finally:
        journal.close()


def entry_of(body: dict[str, Any]) -> Entry:
    raw = sent(body)
    call = Call(
        source="main",
        url_type=None,
        via=None,
        method="POST",
        path="/webhooks/main",
        peer=None,
        headers=[(HEADER, sign(SECRET, raw))],
        body=raw,
        arrived_at_ns=time.time_ns(),
        origin="webhook",
    )
    checked = authenticate(call, SourceRules((SECRET,)))
    assert checked is not None
    return prepare(call, checked, None)


def waiting_writers(cluster: Cluster) -> int:
    waiting = "SELECT count(DISTINCT pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    ((count,),) = cluster.sql(waiting)
    return int(count)


@contextmanager
def a_slow_vacuum(cluster: Cluster, database_url: str) -> Iterator[Callable[[], bool]]:
    """It rests after each page, and holds its lock on the table all the while."""

    def is_running() -> bool:
        return bool(cluster.sql("SELECT 1 FROM pg_stat_progress_vacuum WHERE relid <> 0"))

    def vacuum() -> None:
        connection.execute("SET vacuum_cost_delay = 100; SET vacuum_cost_limit = 1")
        try:
            connection.execute("VACUUM (DISABLE_PAGE_SKIPPING) journal.events")
        except psycopg.errors.QueryCanceled:
            return

    with psycopg.connect(database_url, autocommit=True) as connection, ThreadPoolExecutor(1) as cleaner:
        done = cleaner.submit(vacuum)
        wait_until(is_running, "the vacuum runs")
        yield is_running
        connection.cancel()
        done.result(timeout=10)


def replace_a_worker(server: ServerProcess) -> None:
    before = workers_of(server)
    before[0].kill()
    wait_until(lambda: len({*workers_of(server)} - {before[0]}) == len(before), "another worker is there")


def workers_of(server: ServerProcess) -> list[psutil.Process]:
    """Those that serve; their supervisor has other children too."""
    found = []
    for child in psutil.Process(server.pid).children():
        # One that was killed is a zombie for a while.
        with suppress(psutil.NoSuchProcess):
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found
