from __future__ import annotations

import time
from uuid import uuid4

import pytest

from daybook.errors import StoreUnavailableError
from daybook.journal import Journal
from daybook.journal.postgresql import condition
from daybook.journal.rows import BodyRow
from tests.engines import PostgreSQLEngine
from tests.postgresql.cluster import Cluster


def test_the_condition_of_a_server_tells_what_would_lose_entries_and_what_runs_out(
    journal: Journal, database: PostgreSQLEngine
) -> None:
    before = condition(database.url)
    with journal.transaction() as tx:
        tx.append([BodyRow(uuid4().bytes, bytes(100_000))])
    with database.connected():
        now = condition(database.url)

    assert now.server_version_number >= 180_000
    assert now.server_version.startswith("18")
    assert now.is_flushing
    assert not now.is_standby
    assert not now.is_read_only
    assert now.synchronous_commit == "on"
    assert (now.synchronous_standby_names, now.synchronous_standbys) == ("", 0)
    assert now.connections_free == now.connections_max - now.connections_used
    assert now.connections_max < 60, "some are kept for superusers"
    assert now.connections_used > before.connections_used
    assert now.journal_bytes > before.journal_bytes > 0
    assert now.read_bytes == 0
    assert abs(now.now_ns - time.time_ns()) < 60e9


def test_a_default_that_does_not_wait_for_the_disk_is_told_though_writers_do(
    cluster: Cluster, database: PostgreSQLEngine
) -> None:
    cluster.sql(f'ALTER DATABASE "{database.name}" SET synchronous_commit = off')

    assert condition(database.url).synchronous_commit == "off"


def test_a_server_that_is_not_there_is_unavailable(database: PostgreSQLEngine) -> None:
    with pytest.raises(StoreUnavailableError):
        condition(database.url.replace("port=", "port=1"))
