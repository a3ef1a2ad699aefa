"""The store alone: the rows of webhooks that daybook took, inserted again without HTTP, translation or dedupe.

All rows go into daybook's own schema, with its keys, indexes and triggers, in transactions of so many webhooks. What is
left of daybook's own figure beside this one is what HTTP, signatures, translation and dedupe cost.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from tests.bench.engine import TABLES, Engine, Rows
from tests.bench.measured import Measured, Stand

_WARM_UP: Final = 4
"""One batch in so many goes before the clock starts."""


def copy_rows(webhooks_a_commit: int, stand: Stand) -> Measured:
    """Insert all rows of the store once more, into a new one."""
    batches = _batches(stand.engine, stand.store, webhooks_a_commit)
    warm_up, measured = batches[: len(batches) // _WARM_UP], batches[len(batches) // _WARM_UP :]
    with stand.engine.new_store(stand.folder) as url, stand.engine.writer(url) as write:
        for batch in warm_up:
            write(batch)
        before_s, before_cpu_s, before_engine_s = time.perf_counter(), time.process_time(), stand.engine.cpu_s()
        for batch in measured:
            write(batch)
        taken_s, cpu_s = time.perf_counter() - before_s, time.process_time() - before_cpu_s
        engine_s = stand.engine.cpu_s() - before_engine_s
    count = sum(len(batch[TABLES[0]]) for batch in measured)
    return Measured(count / taken_s, cpu_us_each=cpu_s / count * 1e6, engine_cpu_us_each=engine_s / count * 1e6)


def _batches(engine: Engine, url: str, webhooks_a_commit: int) -> list[Rows]:
    owned = {table: _by_delivery(*engine.rows(url, table)) for table in TABLES}
    order = sorted(owned[TABLES[0]])
    chosen = [order[start : start + webhooks_a_commit] for start in range(0, len(order), webhooks_a_commit)]
    return [{table: [row for one in ids for row in of[one]] for table, of in owned.items()} for ids in chosen]


def _by_delivery(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[Any, list[Sequence[Any]]]:
    owner = columns.index("delivery_id")
    of_delivery = defaultdict(list)
    for row in rows:
        of_delivery[row[owner]].append(row)
    return of_delivery
