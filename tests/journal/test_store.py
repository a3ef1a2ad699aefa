from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from daybook.domain.registration import Created
from daybook.errors import DataRejectedError, StoreNewerError, StoreUnavailableError
from daybook.journal import Journal, migrate, open_journal
from daybook.journal.rows import TABLE_NAMES, BodyRow, BytesRow, EventRow
from daybook.journal.sqlite import JOURNAL_FILE, SQLiteStore
from daybook.journal.store import SCHEMA_VERSION
from daybook.journal.tables import APPEND_ONLY, metadata
from daybook.journal.vocabulary import FORMAT_LEVEL
from tests.engines import Engine
from tests.journal.conftest import registration

Booked = Callable[..., Created]


@pytest.fixture
def other(journal: Journal, folder: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(folder / JOURNAL_FILE, isolation_level=None)
    yield connection
    connection.close()


def open_and_tell_id(url: str) -> UUID:
    journal = open_journal(url)
    journal.close()
    return journal.journal_id


def test_processes_that_create_the_schema_at_once_agree_on_one_journal(engine: Engine) -> None:
    with get_context("spawn").Pool(6) as processes:
        ids = set(processes.map(open_and_tell_id, [engine.url] * 12))

    assert len(ids) == 1


def test_a_migration_tells_the_versions_before_and_after(engine: Engine) -> None:
    assert migrate(engine.url) == (0, SCHEMA_VERSION, 0, FORMAT_LEVEL)
    assert migrate(engine.url) == (SCHEMA_VERSION, SCHEMA_VERSION, FORMAT_LEVEL, FORMAT_LEVEL)


def test_threads_that_create_the_schema_at_once_agree_on_one_journal(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as threads:
        ids = set(threads.map(open_and_tell_id, [engine.url] * 16))

    assert len(ids) == 1


@pytest.mark.parametrize("name", ["schema_version", "format_level"])
def test_a_store_that_a_newer_daybook_wrote_refuses_to_open(
    journal: Journal, other: sqlite3.Connection, name: str
) -> None:
    other.execute("UPDATE meta SET value = '99' WHERE name = ?", (name,))

    with pytest.raises(StoreNewerError, match=f"{name} 99"):
        open_journal(f"sqlite:///{Path(str(other.execute('PRAGMA database_list').fetchone()[2])).parent}")


def test_a_commit_waits_for_the_disk(folder: Path) -> None:
    store = SQLiteStore(folder)

    assert store._connected().execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._connected().execute("PRAGMA synchronous").fetchone() == (2,)
    store.close()


@pytest.mark.parametrize("table", [table.name for table in APPEND_ONLY])
@pytest.mark.parametrize("change", ["DELETE FROM {0}", "UPDATE {0} SET delivery_id = x'00'"])
def test_what_was_written_cannot_be_changed(
    journal: Journal, other: sqlite3.Connection, table: str, change: str
) -> None:
    columns = metadata.tables[table].columns
    values = ", ".join(
        "1" if column.name in {"number", "position", "originator_version"} else "x'01'" for column in columns
    )
    other.execute(f"INSERT INTO {table} ({', '.join(columns.keys())}) VALUES ({values})")

    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        other.execute(change.format(table))


def test_a_body_keeps_its_bytes_but_can_be_put_into_another_encoding_and_be_erased(
    journal: Journal, other: sqlite3.Connection
) -> None:
    delivery_id = uuid4()
    with journal.transaction() as tx:
        tx.append([BodyRow(delivery_id.bytes, b"told")])
    assert journal.inbox.body(delivery_id) == b"told"

    with pytest.raises(sqlite3.IntegrityError, match="keeps its bytes"):
        other.execute("UPDATE bodies SET body = x'00'")
    other.execute("UPDATE bodies SET body = x'00', encoding = 'zstd'")
    other.execute("DELETE FROM bodies")

    assert journal.inbox.body(delivery_id) is None


def test_rows_have_the_columns_of_their_tables() -> None:
    for row, name in TABLE_NAMES.items():
        table = metadata.tables[name]
        left_to_the_store = {"encoding", "key_id", "refusal_id"}
        assert list(row._fields) == [column.name for column in table.columns if column.name not in left_to_the_store]


@pytest.mark.parametrize("count", [0, 1, 2, 63, 64, 65, 200])
def test_any_number_of_rows_is_written_in_its_order(journal: Journal, count: int) -> None:
    rows = [EventRow(index + 1, uuid4().bytes, 1, "daybook:x", b"{}", bytes(16), index + 1) for index in range(count)]

    with journal.transaction() as tx:
        tx.append(rows)
        heads = tx.heads([row.originator_id for row in rows])
        end = tx.clock()

    assert heads == {row.originator_id: 1 for row in rows}
    assert (end.position, end.recorded_at_ns) == (count, count)


def test_a_write_that_is_refused_for_its_data_leaves_nothing_behind(journal: Journal, booked: Booked) -> None:
    good = BodyRow(bytes(16), b"good")
    bad = BytesRow(bytes(32), "a lone surrogate \ud800")  # type: ignore[arg-type]

    def write() -> None:
        with journal.transaction() as tx:
            tx.append([good])
            tx.append([bad])

    with pytest.raises(DataRejectedError) as caught:
        write()

    assert "surrogate" not in str(caught.value)
    assert journal.inbox.body(UUID(int=0)) is None
    journal.save(booked())


def test_a_lock_held_by_another_process_is_told_as_unavailable_and_passes(
    journal: Journal, engine: Engine, booked: Booked
) -> None:
    with engine.locked():
        with pytest.raises(StoreUnavailableError), journal.transaction(lock_wait_s=0.1):
            pass
        with pytest.raises(StoreUnavailableError):
            journal.probe(lock_wait_s=0.1)

    journal.probe()
    journal.save(booked())


def test_a_full_disk_is_told_as_unavailable_and_passes(folder: Path, booked: Booked) -> None:
    store = SQLiteStore(folder)
    journal = Journal(store)
    store._connected().execute("PRAGMA max_page_count = 1")

    with pytest.raises(StoreUnavailableError, match="FULL"), journal.transaction() as tx:
        tx.append([BodyRow(uuid4().bytes, bytes(1_000_000))])

    # The connection that met the trouble is gone, and with it the limit.
    journal.save(booked())
    assert journal.head() == 1
    journal.close()


def test_two_journals_on_one_store_wait_for_each_other(engine: Engine, booked: Booked) -> None:
    journals = [engine.open() for _ in range(2)]

    def append(number: int) -> None:
        journals[number % 2].save(booked(str(number)))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(append, range(60)))

    events = journals[0].select_events_after(0, 100)
    assert [event.position for event in events] == list(range(1, 61))
    assert all(one.recorded_at_ns < two.recorded_at_ns for one, two in pairwise(events))
    assert len(journals[1].stream(registration("7"))) == 1
    for journal in journals:
        journal.close()
