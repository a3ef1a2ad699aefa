"""Processes stopped at a chosen moment, which PostgreSQL's own views tell: inside a COPY, between two statements."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, cast

import psycopg

from tests.postgresql.cluster import Cluster
from tests.server.process import ProcessT, wait_until


class Moment(Enum):
    """What a session that holds an advisory lock, and whose process was stopped, waits for."""

    IN_A_COPY = "copied.relid IS NOT NULL"
    BETWEEN_TWO_STATEMENTS = "copied.relid IS NULL AND session.state = 'idle in transaction'"


def freeze_at(moment: Moment, processes: Sequence[ProcessT], cluster: Cluster) -> ProcessT:
    """Stop whichever of these processes is at that moment while it holds its lock; gives the one that is stopped."""
    known = {process.folder.name: process for process in processes}
    caught: list[ProcessT] = []
    with psycopg.connect(cluster.url(), autocommit=True) as watching:

        def is_caught() -> bool:
            for name, _ in _holders(watching, moment, known):
                known[name].freeze()
                if _is_settled(watching, moment, name):
                    caught.append(known[name])
                    return True
                known[name].thaw()
            return False

        wait_until(is_caught, f"a process is stopped {moment.name}")
    return caught[0]


def _is_settled(watching: psycopg.Connection, moment: Moment, name: str) -> bool:
    """Whether it is still at that moment when the server has done all that it had been sent before."""

    def is_waiting() -> bool:
        return all(is_waiting for _, is_waiting in _holders(watching, None, [name]))

    wait_until(is_waiting, "the server waits for the process that was stopped")
    return bool(_holders(watching, moment, [name]))


def _holders(watching: psycopg.Connection, moment: Moment | None, names: Any) -> list[tuple[str, bool]]:  # noqa: ANN401
    """The processes among these that hold an advisory lock, and whether the server waits for them."""
    asked = f"{_HOLDERS} AND {moment.value}" if moment else _HOLDERS
    return cast("list[tuple[str, bool]]", watching.execute(asked.encode(), [list(names)]).fetchall())


_HOLDERS = """
SELECT session.application_name, session.wait_event IS NOT DISTINCT FROM 'ClientRead'
FROM pg_locks held JOIN pg_stat_activity session USING (pid) LEFT JOIN pg_stat_progress_copy copied USING (pid)
WHERE held.locktype = 'advisory' AND held.granted AND session.application_name = ANY(%s)
"""
