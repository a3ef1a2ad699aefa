"""The follower alone: every projection from an empty read store to the end of a journal that is full."""

from __future__ import annotations

import time

from daybook.journal import open_journal
from daybook.projecting.discovery import discover
from daybook.projecting.follower import Follower
from daybook.projecting.read_store import ReadStore
from tests.bench.measured import Measured, Stand

FOLLOW_S_MAX = 120.0


def follow_all(stand: Stand) -> Measured:
    """Each event once per projection; nothing else runs in the process meanwhile."""
    with stand.engine.new_store(stand.folder) as url:
        return _follow(stand, url)


def _follow(stand: Stand, url: str) -> Measured:
    projections = discover()
    journal = open_journal(stand.store)
    read_store = ReadStore(url, projections)
    follower = Follower(journal, read_store, projections)
    try:
        before_s, before_cpu_s, before_engine_s = time.perf_counter(), time.process_time(), stand.engine.cpu_s()
        while follower.run_once():
            if time.perf_counter() - before_s > FOLLOW_S_MAX:
                raise RuntimeError(f"the projections were not done in {FOLLOW_S_MAX} s")
        taken_s, cpu_s = time.perf_counter() - before_s, time.process_time() - before_cpu_s
        engine_s = stand.engine.cpu_s() - before_engine_s
        head = journal.head()
        behind = [told for told in read_store.status() if told.position != head]
        if behind:
            raise RuntimeError(f"the journal ends at {head}, but there are {behind}")
        note = f"{len(projections)} projections"
        return Measured(
            head / taken_s, cpu_us_each=cpu_s / head * 1e6, engine_cpu_us_each=engine_s / head * 1e6, note=note
        )
    finally:
        follower.stop()
        read_store.close()
        journal.close()
