"""`book`: a journal and read models in a store of their own, on every engine; `opened` gives one after another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines import Engine
from tests.projecting.book import Book
from tests.projecting.conftest import opened

__all__ = ["opened"]


@pytest.fixture
def book(engine: Engine) -> Iterator[Book]:
    book = Book(engine)
    yield book
    book.close()
