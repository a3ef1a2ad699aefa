"""`book`: a journal and read models in a store of their own, on every engine; `shared`: on PostgreSQL alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines import Engine, PostgreSQLEngine, new_database
from tests.projecting.book import Book


@pytest.fixture
def book(engine: Engine) -> Iterator[Book]:
    book = Book(engine)
    yield book
    book.close()


@pytest.fixture
def database(postgresql_server: str) -> Iterator[PostgreSQLEngine]:
    with new_database(postgresql_server) as url:
        yield PostgreSQLEngine(url)


@pytest.fixture
def shared(database: PostgreSQLEngine) -> Iterator[Book]:
    """Its followers share the server's clock."""
    book = Book(database, has_own_clock=False)
    yield book
    book.close()
