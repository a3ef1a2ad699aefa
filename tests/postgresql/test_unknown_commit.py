"""A commit whose outcome is not known: found out under the lock, told once, and never before it is safe."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import pytest

from daybook.intake import Answer, Refusal
from daybook.journal import Journal
from tests.bodies import booking
from tests.engines import PostgreSQLEngine
from tests.intake.conftest import Desk
from tests.postgresql.cluster import Cluster, wait_until

AT = "2026-03-01T09:00:00Z"
ENDINGS = ["pg_cancel_backend", "pg_terminate_backend"]
"""The first leaves a warning, the second takes the connection away."""
NOBODY = "a_standby_that_is_not_there"


def created(number: int) -> dict[str, object]:
    return booking("Created", number, event_id=f"e{number}", at=AT)


class Standby:
    """A synchronous standby that does not answer: commits are written here and wait for it."""

    def __init__(self, cluster: Cluster, journal: Journal) -> None:
        self._cluster = cluster
        self._journal = journal
        cluster.configure(synchronous_standby_names=NOBODY)
        # A session obeys the reload when it next begins a statement.
        wait_until(lambda: cluster.sql("SHOW synchronous_standby_names") == [(NOBODY,)], "the setting is in force")

    def waiting(self) -> list[tuple[int, Any]]:
        """The commit that waits: its process and when its statement began."""
        return self._cluster.sql("SELECT pid, query_start FROM pg_stat_activity WHERE wait_event = 'SyncRep'")

    def end_wait(self, function: str) -> None:
        wait_until(lambda: bool(self.waiting()), "a commit waits for the standby")
        ((pid, begun),) = self.waiting()
        self._cluster.sql(f"SELECT {function}({pid})")
        wait_until(lambda: (pid, begun) not in self.waiting(), "the wait has ended")

    def arrive(self) -> None:
        self._cluster.configure(synchronous_standby_names="")


@pytest.fixture
def standby(cluster: Cluster, journal: Journal) -> Callable[[], Standby]:
    return lambda: Standby(cluster, journal)


def sending(desk: Desk, *calls: Any) -> AbstractContextManager[Future[list[Answer | Refusal]]]:  # noqa: ANN401  calls
    """The answers, once there are any."""
    return _Sending(desk, calls)


class _Sending:
    def __init__(self, desk: Desk, calls: tuple[Any, ...]) -> None:
        self._desk, self._calls = desk, calls
        self._thread = ThreadPoolExecutor(1)

    def __enter__(self) -> Future[list[Answer | Refusal]]:
        return self._thread.submit(self._desk.at_once, *self._calls)

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_commit_that_may_not_have_reached_the_standby_is_answered_only_when_another_one_has(
    desk: Desk, standby: Callable[[], Standby], ending: str
) -> None:
    absent = standby()
    with sending(desk, desk.call(created(1))) as answers:
        absent.end_wait(ending)
        # It runs again, and what it writes waits for the standby in its turn.
        wait_until(lambda: bool(absent.waiting()), "the rerun waits for the standby")
        assert not answers.done()
        absent.arrive()

    (answer,) = answers.result()

    assert isinstance(answer, Answer)
    assert (answer.status, answer.position) == ("recorded", 1)
    delivery = desk.delivery(answer)
    assert (delivery.repeat_count, len(delivery.outcomes), len(delivery.events)) == (0, 1, 1)
    assert desk.count() == 1


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_duplicate_whose_commit_is_not_known_is_counted_once(
    desk: Desk, standby: Callable[[], Standby], ending: str
) -> None:
    first = desk.post(created(1))
    absent = standby()
    with sending(desk, desk.call(created(1))) as answers:
        absent.end_wait(ending)
        wait_until(lambda: bool(absent.waiting()), "the rerun waits for the standby")
        absent.arrive()

    (answer,) = answers.result()

    assert isinstance(answer, Answer)
    assert (answer.status, answer.delivery_id) == ("duplicate", first.delivery_id)
    assert desk.delivery(first).repeat_count == 1


@pytest.mark.parametrize("ending", ENDINGS)
def test_quarantined_kept_and_repeated_calls_of_one_batch_keep_their_answers(
    desk: Desk, standby: Callable[[], Standby], ending: str
) -> None:
    bodies = [b"not JSON", created(1), created(1), created(2) | {"event_type": "Guest.Created"}]
    absent = standby()
    with sending(desk, *map(desk.call, bodies)) as answers:
        for _ in range(2):
            absent.end_wait(ending)
        absent.arrive()

    statuses = [answer.status for answer in answers.result() if isinstance(answer, Answer)]

    assert statuses == ["quarantined", "recorded", "duplicate", "kept"]
    assert desk.count() == 3
    assert desk.journal.head() == 1


def test_while_the_standby_is_away_nothing_is_acknowledged_and_later_nothing_is_doubled(
    desk: Desk, standby: Callable[[], Standby]
) -> None:
    absent = standby()

    asked_s = time.monotonic()
    refused = desk.send(created(1))
    waited_s = time.monotonic() - asked_s

    assert isinstance(refused, Refusal)
    assert refused.http_status == 503
    assert waited_s < 8
    absent.arrive()
    answer = desk.post(created(1))
    assert answer.status == "duplicate", "the refused call had been written"
    assert desk.journal.head() == 1


def test_a_commit_that_a_crash_of_the_server_swallowed_is_written_again(
    desk: Desk, database: PostgreSQLEngine, cluster: Cluster
) -> None:
    for number in (1, 2):
        with sending(desk, *(desk.call(created(100 * number + each)) for each in range(50))) as answers:
            cluster.kill()
            cluster.spawn()
        for answer in answers.result():
            assert isinstance(answer, Refusal) or answer.status == "recorded"
        wait_until(cluster.is_answering, "PostgreSQL is back")

    acknowledged = desk.journal.inbox.deliveries(source="main", limit=999).items
    events = desk.journal.select_events_after(0, 999)
    assert len({event.event_id for event in events}) == len(events) == len(acknowledged)
    assert [event.position for event in events] == list(range(1, len(events) + 1))


def test_a_connection_that_is_lost_before_the_commit_costs_no_refusal(
    desk: Desk, cluster: Cluster, database: PostgreSQLEngine
) -> None:
    asking = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%keys%'"
    with database.connected() as other, sending(desk, desk.call(created(1))) as answers, other.transaction():
        other.execute("LOCK TABLE keys IN ACCESS EXCLUSIVE MODE")
        wait_until(lambda: bool(cluster.sql(asking)), "the writer asks which keys are known")
        cluster.sql(f"SELECT pg_terminate_backend(pid) FROM ({asking}) waiting")

    (answer,) = answers.result()

    assert isinstance(answer, Answer)
    assert (answer.status, answer.position, desk.count()) == ("recorded", 1, 1)
