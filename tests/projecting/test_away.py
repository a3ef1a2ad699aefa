"""PostgreSQL that is away, hangs or is out of connections: readers are told soon, followers go on by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psycopg
import pytest

from daybook.errors import StoreUnavailableError
from tests.engines import PostgreSQLEngine
from tests.postgresql.cluster import Cluster, wait_until
from tests.projecting.book import Book, created

ANSWER_S_MAX = 8.0
BACK_S_MAX = 30.0
CONNECTIONS_MAX = "20"


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    settings = {"max_connections": CONNECTIONS_MAX, "superuser_reserved_connections": "2"}
    with Cluster(is_durable=False, settings=settings) as cluster:
        yield cluster


@pytest.fixture
def book(server: Cluster, request: pytest.FixtureRequest) -> Iterator[Book]:
    name = request.node.name
    book = Book(PostgreSQLEngine(server.create_database(name)), has_own_clock=False)
    yield book
    server.thaw()
    book.close()
    server.drop_database(name)


def _read(book: Book) -> None:
    """As a request does: in a thread, which must have its answer in time."""
    threads = ThreadPoolExecutor(1)
    try:
        threads.submit(book.store.status).result(timeout=ANSWER_S_MAX)
    finally:
        threads.shutdown(wait=False)


def _expect_to_go_on(book: Book, trouble: Callable[[], None], end: Callable[[], None]) -> None:
    book.tell(created(1))
    follower = book.follower()
    follower.start()
    assert book.store.wait_for_position("history", 1, BACK_S_MAX)

    trouble()
    for _ in range(2):
        with pytest.raises(StoreUnavailableError):
            _read(book)
    end()

    book.tell(created(2))
    for name in book.store.projections:
        assert book.store.wait_for_position(name, 2, BACK_S_MAX)
    assert {(told.state, told.leader) for told in book.store.status()} == {("following", follower.holder)}
    follower.stop()


def test_a_server_that_is_away_and_comes_back(server: Cluster, book: Book) -> None:
    _expect_to_go_on(book, server.stop, server.start)


def test_a_server_that_hangs_and_wakes(server: Cluster, book: Book) -> None:
    _expect_to_go_on(book, server.freeze, server.thaw)


def test_a_server_that_is_out_of_connections(book: Book) -> None:
    others: list[psycopg.Connection] = []

    def take_all() -> None:
        wait_until(lambda: _take_all(book, others), "none is left")

    def give_back() -> None:
        for other in others:
            other.close()

    _expect_to_go_on(book, take_all, give_back)


def _take_all(book: Book, others: list[psycopg.Connection]) -> bool:
    """Whether all that there are are ours."""
    with suppress(psycopg.OperationalError):
        while True:
            others.append(psycopg.connect(book.engine.url, autocommit=True))
    own = [other.info.backend_pid for other in others]
    ended = others[0].execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> ALL(%s)",
        [own],
    )
    return not ended.fetchall()
