"""`cluster`: a PostgreSQL that flushes and may be mistreated; `database`, `journal`: in it, each test its own."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from daybook.journal import Journal, open_journal
from tests.engines import PostgreSQLEngine
from tests.intake.conftest import Desk
from tests.journal.conftest import booked
from tests.postgresql.cluster import Cluster

__all__ = ["booked"]


@pytest.fixture(scope="session")
def _cluster() -> Iterator[Cluster]:
    with Cluster() as running:
        yield running


@pytest.fixture
def cluster(_cluster: Cluster) -> Iterator[Cluster]:
    """Whatever a test did to it, the next one finds it running and waiting for no standby."""
    yield _cluster
    _restore(_cluster)


@pytest.fixture
def database(cluster: Cluster) -> Iterator[PostgreSQLEngine]:
    name = f"daybook_{uuid4().hex[:12]}"
    yield PostgreSQLEngine(cluster.create_database(name))
    # First: dropping a database waits for the standby too.
    _restore(cluster)
    cluster.drop_database(name)


@pytest.fixture
def journal(database: PostgreSQLEngine) -> Iterator[Journal]:
    journal = open_journal(database.url)
    yield journal
    journal.close()


@pytest.fixture
def desk(journal: Journal) -> Iterator[Desk]:
    desk = Desk(journal)
    desk.intake.start()
    yield desk
    desk.close()


def _restore(cluster: Cluster) -> None:
    cluster.thaw()
    if not cluster.processes():
        cluster.start()
    cluster.configure(synchronous_standby_names="")
