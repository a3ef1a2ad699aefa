"""While PostgreSQL is not to be had, everything is refused in time, and afterwards it all goes on by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count

import httpx
import psycopg
import pytest

from tests.postgresql.cluster import Cluster
from tests.server.fleet import Fleet
from tests.server.load import Load, days
from tests.server.process import ServerProcess, wait_until
from tests.server.proof import REFUSAL_S_MAX, audit, audit_refusals
from tests.server.rows import audit_rows

Deploy = Callable[..., Fleet]
REFUSED = 4
"""By each server."""
REFUSED_READS = ("/v1/main/registrations", "/health/ready")


@contextmanager
def away(cluster: Cluster) -> Iterator[None]:
    cluster.kill()
    yield
    cluster.start()


@contextmanager
def hanging(cluster: Cluster) -> Iterator[None]:
    cluster.freeze()
    yield
    cluster.thaw()


@contextmanager
def out_of_connections(cluster: Cluster) -> Iterator[None]:
    with ExitStack() as crowd, psycopg.connect(cluster.url(), autocommit=True) as ours:

        def is_gone() -> bool:
            return not ours.execute(f"SELECT 1 {_OF_THE_FLEET}").fetchall()

        def fill() -> int:
            for added in count():
                try:
                    crowd.enter_context(psycopg.connect(cluster.url()))
                except psycopg.OperationalError:
                    return added
            raise AssertionError

        def is_full_of_others() -> bool:
            ours.execute(f"SELECT pg_terminate_backend(pid) {_OF_THE_FLEET}")
            # In this order: one that is about to end still has its place, and leaves it free.
            return is_gone() and fill() == 0 and is_gone()

        wait_until(is_full_of_others, "others have all connections")
        yield


@pytest.mark.parametrize("trouble", [away, hanging, out_of_connections])
def test_without_postgresql_calls_are_refused_in_time_and_it_all_goes_on_by_itself(
    deploy: Deploy, cluster: Cluster, trouble: Callable[..., object]
) -> None:
    fleet = deploy(servers=2, followers=1)
    with Load(fleet.servers, days(seed=21), insists=True) as load:
        load.wait_for_more()

        with trouble(cluster):  # type: ignore[attr-defined]
            before = len(load.refused)
            wait_until(lambda: _refusing(load, before) == set(fleet.servers), "both servers refuse")
            with ThreadPoolExecutor() as askers:
                answers = list(askers.map(lambda path: _asked(fleet.servers[0], path), REFUSED_READS))
            alive = fleet.servers[0].status("/health/live")

        load.wait_for_more(3 * REFUSED)
        load.end()

    for answer, waited_s in answers:
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert int(answer.headers["retry-after"]) > 0
        assert waited_s < REFUSAL_S_MAX + load.lag_s
    assert alive == httpx.codes.OK
    for process in fleet.processes:
        process.assert_running()
    audit(fleet.database_url, load.acknowledged).assert_clean()
    audit_refusals(load).assert_clean()
    audit_rows(fleet.servers[0]).assert_clean()


def _refusing(load: Load, before: int) -> set[ServerProcess]:
    refused = [refused.server for refused in load.refused[before:]]
    return {server for server in refused if refused.count(server) >= REFUSED}


def _asked(server: ServerProcess, path: str) -> tuple[httpx.Response, float]:
    asked_at_s = time.monotonic()
    answer = httpx.get(server.url + path, timeout=20)
    return answer, time.monotonic() - asked_at_s


_OF_THE_FLEET = "FROM pg_stat_activity WHERE application_name SIMILAR TO '(server|follower)-%'"
