"""The follower alone: every projection from an empty read store to the end of a journal that is full."""

from __future__ import annotations

import time

from daybook.journal import open_journal
from daybook.journal.sqlite import URL_PREFIX
from daybook.projecting.discovery import discover
from daybook.projecting.follower import Follower
from daybook.projecting.read_store import ReadStore
from tests.bench.measured import Measured, Stand

FOLLOW_S_MAX = 120.0


def follow_all(stand: Stand) -> Measured:
    """Each event once per projection; nothing else runs in the process meanwhile."""
    projections = discover()
    journal = open_journal(f"{URL_PREFIX}{stand.store}")
    read_store = ReadStore(stand.folder / "read.db", projections)
    follower = Follower(journal, read_store, projections)
    try:
        started_s, started_cpu_s = time.perf_counter(), time.process_time()
        while follower.run_once():
            if time.perf_counter() - started_s > FOLLOW_S_MAX:
                raise RuntimeError(f"the projections were not done in {FOLLOW_S_MAX} s")
        taken_s, cpu_s = time.perf_counter() - started_s, time.process_time() - started_cpu_s
        head = journal.head()
        behind = [told for told in read_store.status() if told.position != head]
        if behind:
            raise RuntimeError(f"the journal ends at {head}, but there are {behind}")
        return Measured(head / taken_s, cpu_us_each=cpu_s / head * 1e6, note=f"{len(projections)} projections")
    finally:
        follower.stop()
        read_store.close()
        journal.close()
