"""`serve`: real servers on one embedded store. `cluster`, `fleet`: real PostgreSQL, and processes that share it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.postgresql.cluster import Cluster
from tests.server.fleet import Fleet
from tests.server.process import ServerProcess


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Starts a server on `tmp_path/data`; options and environment as given."""
    started: list[ServerProcess] = []

    def start(*options: str, env: dict[str, str] | None = None) -> ServerProcess:
        server = ServerProcess(tmp_path / "data", *options, env=env)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        if server.is_running:
            server.kill()


@pytest.fixture(scope="session")
def _cluster() -> Iterator[Cluster]:
    with Cluster() as running:
        yield running


@pytest.fixture
def cluster(_cluster: Cluster) -> Iterator[Cluster]:
    """A PostgreSQL that flushes; whatever a test did to it, the next one finds it running."""
    yield _cluster
    _cluster.thaw()
    if not _cluster.processes():
        _cluster.start()


@pytest.fixture
def database(cluster: Cluster, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    name = tmp_path.name
    yield cluster.create_database(name)
    cluster.thaw()
    if not cluster.processes():
        cluster.start()
    cluster.drop_database(name)


@pytest.fixture
def deploy(database: str, tmp_path: Path) -> Iterator[Callable[..., Fleet]]:
    """Starts processes that share the database: `deploy(servers=4, followers=1)`."""
    with ExitStack() as running:

        def start(*, servers: int = 1, followers: int = 0, options: Sequence[str] = ()) -> Fleet:
            fleet = Fleet(database, tmp_path, servers=servers, followers=followers, options=options)
            return running.enter_context(fleet)

        yield start
