"""`book`: a journal and read models in a store of their own, on every engine; `shared`: on PostgreSQL alone.

`opened` gives one book after another, for laws.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.engines import ENGINES, Engine, PostgreSQLEngine, SQLiteEngine, new_database
from tests.projecting.book import Book
from tests.projecting.days import Opened


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


@pytest.fixture(params=ENGINES)
def opened(request: pytest.FixtureRequest) -> Opened:
    """Opens one empty book after another: each example has its own."""

    @contextmanager
    def opened() -> Iterator[Book]:
        with _new_engine(request) as engine:
            book = Book(engine)
            yield book
            book.close()

    return opened


@contextmanager
def _new_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield SQLiteEngine(Path(folder))
    else:
        with new_database(request.getfixturevalue("postgresql_server")) as url:
            yield PostgreSQLEngine(url)
