"""`engine`: what every contract of the journal and the intake is tried on, SQLite and PostgreSQL, each time empty."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines import ENGINES, Engine, PostgreSQLEngine, SQLiteEngine, new_database, server


def pytest_configure() -> None:
    # Ended as by Ctrl-C: fixtures are torn down, and no server that they started stays behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        # A folder is what SQLite keeps a store in: a test that asks for it is about SQLite alone.
        engines = ["sqlite"] if "folder" in metafunc.fixturenames else list(ENGINES)
        metafunc.parametrize("engine", engines, indirect=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        yield SQLiteEngine(tmp_path / "store")
        return
    with new_database(request.getfixturevalue("postgresql_server")) as url:
        yield PostgreSQLEngine(url)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """One for all tests: nothing that it keeps survives them, so it need not flush."""
    with server() as url:
        yield url
