"""The store alone: the rows of webhooks that daybook took, inserted again without HTTP, translation or dedupe.

`executemany` into daybook's own schema, table by table, in transactions of so many webhooks; WAL, `synchronous=FULL`.
What is left of daybook's own figure beside this one is what HTTP, signatures, translation and dedupe cost.
"""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from daybook.journal.schema import ensure_schema
from daybook.journal.sqlite import JOURNAL_FILE
from tests.bench.measured import Measured, Stand

TABLES: Final = ("deliveries", "bodies", "outcomes", "keys", "events")
_WARM_UP: Final = 4
"""One batch in so many goes before the clock starts."""

Rows = dict[str, list[list[Any]]]
"""Of each table, for each delivery in order of arrival, its rows."""


def copy_rows(webhooks_a_commit: int, stand: Stand) -> Measured:
    """Insert all rows of the store once more, into a new one."""
    rows, inserts = _read(stand.store / JOURNAL_FILE)
    folder = stand.folder / f"copy-{webhooks_a_commit}"
    folder.mkdir()
    with closing(sqlite3.connect(folder / JOURNAL_FILE, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        ensure_schema(connection)
        count = len(rows["deliveries"])
        warm_up = count // _WARM_UP // webhooks_a_commit * webhooks_a_commit
        _insert(connection, rows, inserts, range(0, warm_up, webhooks_a_commit))
        started_s, started_cpu_s = time.perf_counter(), time.process_time()
        _insert(connection, rows, inserts, range(warm_up, count, webhooks_a_commit))
        taken_s, cpu_s = time.perf_counter() - started_s, time.process_time() - started_cpu_s
    measured = count - warm_up
    return Measured(measured / taken_s, cpu_us_each=cpu_s / measured * 1e6)


def _insert(connection: sqlite3.Connection, rows: Rows, inserts: dict[str, str], starts: range) -> None:
    for start in starts:
        connection.execute("BEGIN IMMEDIATE")
        for table, insert in inserts.items():
            batch = [row for one in rows[table][start : min(start + starts.step, starts.stop)] for row in one]
            connection.executemany(insert, batch)
        connection.execute("COMMIT")


def _read(journal: Path) -> tuple[Rows, dict[str, str]]:
    rows: Rows = {}
    inserts: dict[str, str] = {}
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as connection:
        order = [row[0] for row in connection.execute("SELECT delivery_id FROM deliveries ORDER BY delivery_id")]
        for table in TABLES:
            cursor = connection.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in cursor.description]
            owner = names.index("delivery_id")
            of_delivery = defaultdict(list)
            for row in cursor:
                of_delivery[row[owner]].append(row)
            rows[table] = [of_delivery[delivery_id] for delivery_id in order]
            inserts[table] = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    return rows, inserts
