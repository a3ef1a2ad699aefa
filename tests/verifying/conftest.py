"""`book`: a copy of a sound store, on each engine; `vandalize`: damage it while nobody has it open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.engines import ENGINES, new_database
from tests.verifying.stores import Book, Vandal, copied, fill, opened, vandal

Plant: TypeAlias = Callable[[Vandal], object]


@pytest.fixture(scope="session", params=ENGINES)
def sound_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store in which everything is right; nobody changes it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('sound') / 'store'}"
        fill(url)
        yield url
        return
    with new_database(request.getfixturevalue("postgresql_server")) as url:
        fill(url)
        yield url


@pytest.fixture
def url(sound_url: str, tmp_path: Path) -> Iterator[str]:
    """A copy that a test may damage."""
    with copied(sound_url, tmp_path) as copy:
        yield copy


@pytest.fixture
def vandalize(url: str) -> Callable[[Plant], None]:
    def plant(damage: Plant) -> None:
        with vandal(url) as at_work:
            damage(at_work)

    return plant


@pytest.fixture
def book(url: str) -> Iterator[Book]:
    with opened(url) as book:
        yield book


@pytest.fixture
def page_size(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """From now on everything is read in pages of this size."""

    def set_(size: int) -> None:
        for name in ("events.EVENTS_MAX", "rows.EVENTS_MAX", "cases._DELIVERIES_MAX", "streams._PAGE", "orphans._PAGE"):
            monkeypatch.setattr(f"daybook.verifying.{name}", size)
        monkeypatch.setattr("daybook.verifying.rows._ROWS_AT_ONCE", size)
        monkeypatch.setattr("daybook.verifying.pages.IDS_MAX", size)

    return set_


@pytest.fixture
def newer_translation(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if this code had another translation than the store's deliveries were read by."""
    monkeypatch.setattr("daybook.verifying.rereading.TRANSLATION_VERSION", 1_000)
