"""The first start: whoever comes first creates the tables, and all others find them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from daybook.errors import StoreNewerError
from daybook.projecting.discovery import discover
from daybook.projecting.read_store import ReadStore
from tests.engines import Engine, PostgreSQLEngine

PROCESSES = 6


def test_six_that_start_at_once_on_an_empty_store_all_find_the_tables(engine: Engine) -> None:
    at_once = Barrier(PROCESSES)

    def start(_: int) -> list[str]:
        store = ReadStore(engine.url, discover())
        at_once.wait(timeout=20)
        told = [status.name for status in store.status()]
        store.close()
        return told

    with ThreadPoolExecutor(PROCESSES) as threads:
        told = list(threads.map(start, range(PROCESSES)))

    assert told == [["appointments", "history", "registrations"]] * PROCESSES


def test_tables_of_a_newer_daybook_are_left_alone(database: PostgreSQLEngine) -> None:
    store = ReadStore(database.url, discover())
    store.status()
    store.close()
    database.run("UPDATE read.layout SET layout = 999")
    older = ReadStore(database.url, discover())

    with pytest.raises(StoreNewerError, match="layout 999"):
        older.status()
    older.close()


def test_a_file_of_a_newer_daybook_is_left_alone(tmp_path: Path) -> None:
    store = ReadStore(tmp_path / "read.db", discover())
    with store.read() as connection:
        connection.exec_driver_sql("PRAGMA user_version = 999")
    store.close()
    older = ReadStore(tmp_path / "read.db", discover())

    with pytest.raises(StoreNewerError, match="layout 999"):
        older.status()
    older.close()
