"""`DAYBOOK_READ_DATABASE_URL`: reads come from a replica and say how far it got; the rest stays with the primary."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from litestar.testing import TestClient

from daybook.bootstrap import bootstrap
from daybook.settings import Settings
from daybook.web.app import create_app
from tests.bodies import booking
from tests.postgresql.cluster import Cluster
from tests.web.conftest import Client
from tests.web.waiting import wait_until

AT = "2022-03-22T12:39:20Z"
NAME = "daybook"


@pytest.fixture(scope="module")
def primary() -> Iterator[Cluster]:
    with Cluster(is_durable=False) as cluster:
        cluster.create_database(NAME)
        yield cluster


@pytest.fixture(scope="module")
def standby(primary: Cluster) -> Iterator[Cluster]:
    with primary.standby("replica") as cluster:
        yield cluster


@contextmanager
def served(primary: Cluster, replica_url: str) -> Iterator[Client]:
    settings = Settings(database_url=primary.url(NAME), read_database_url=replica_url)
    with TestClient(create_app(bootstrap(settings)), raise_server_exceptions=False) as client:
        yield client


def test_a_read_tells_the_position_of_the_replica_and_waits_there_for_a_fresher_one(
    primary: Cluster, standby: Cluster
) -> None:
    with served(primary, standby.url(NAME)) as client:
        first = client.post("/webhooks/main", json=booking("Created", 1, event_id="a", at=AT)).json()["position"]
        wait_until(lambda: client.get(f"/v1/main/registrations/1?min_position={first}").status_code == 200)
        standby.sql("SELECT pg_wal_replay_pause()", database=NAME)
        told = client.post("/webhooks/main", json=booking("NoShow", 1, event_id="b", at=AT)).json()
        wait_until(lambda: {item["position"] for item in client.get("/ops/projections").json()["items"]} == {2})

        state = client.get("/v1/main/registrations/1")
        history = client.get("/v1/main/registrations/1/history")
        fresher = client.get(f"/v1/main/registrations/1?min_position={told['position']}")
        standby.sql("SELECT pg_wal_replay_resume()", database=NAME)
        wait_until(lambda: client.get("/v1/main/registrations/1").json()["status"] == "no_show")

    assert (state.headers["daybook-position"], state.json()["status"]) == ("1", "booked")
    assert (history.headers["daybook-position"], len(history.json()["items"])) == ("1", 1)
    assert (fresher.status_code, fresher.json()["type"]) == (503, "urn:daybook:problem:projection-behind")


def test_a_replica_that_is_away_touches_reads_alone(primary: Cluster) -> None:
    with served(primary, "postgresql://nobody@127.0.0.1:1/nowhere") as client:
        taken = client.post("/webhooks/main", json=booking("Created", 7, event_id="c", at=AT))
        read = client.get("/v1/main/registrations/7")
        ready = client.get("/health/ready")

    assert taken.json()["status"] == "recorded"
    assert (read.status_code, read.json()["type"]) == (503, "urn:daybook:problem:store-unavailable")
    assert int(read.headers["retry-after"]) > 0
    assert ready.status_code == 200
