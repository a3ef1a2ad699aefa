"""Whether the rows of a projection are those of a fresh fold: all of them, or those of a sample.

Each page is read from one moment of the read store, so that its rows belong to the cursor beside them, however fast a
follower goes on meanwhile; the journal up to that cursor never changes.
"""

from __future__ import annotations

import random
import shlex
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table, select

from daybook.projecting.change import Rows
from daybook.projecting.projection import LogProjection, SoundProjection
from daybook.verifying.comparison import Difference, Values, by_key, differences
from daybook.verifying.damage import Code, Damage, Progress, Told
from daybook.verifying.folding import Batch, Key, log_batch, posted, state_batch
from daybook.verifying.ledger import Audit, Ledger, opened
from daybook.verifying.pages import EVENTS_MAX

RUN: Final = 20
"""A sample is taken in runs of so many streams, or events, that follow each other: that finds rows too many as well."""
_RUN_EVENTS_MAX: Final = 10 * RUN
_ROWS_AT_ONCE: Final = 1_000
_DAMAGE_MAX: Final = 2 * EVENTS_MAX
"""Of one page and table; a table may hold any number of rows that do not belong there."""
_UUID_BITS: Final = 128


def verify_rows(audit: Audit, *, sample: int | None = None) -> Iterator[Told]:
    """The rows of the live version, up to where its cursor stands; nothing where no running code has that version."""
    return _all(audit) if sample is None else _runs(audit, sample)


def _all(audit: Audit) -> Iterator[Told]:
    after: Key = None
    while True:
        with opened(audit) as ledger:
            if ledger.code is None:
                return
            batch = _batch(audit, ledger.code, after, ledger.cursor.position, EVENTS_MAX)
            found = _compared(audit, ledger, ledger.code, batch)
            total = ledger.cursor.position
        yield from found
        yield Progress(f"{audit.name} rows", _done(batch.last, total), total)
        if batch.last is None:
            return
        after = batch.last


def _runs(audit: Audit, sample: int) -> Iterator[Told]:
    runs = -(-sample // RUN)
    for run in range(1, runs + 1):
        with opened(audit) as ledger:
            if ledger.code is None:
                return
            upto = ledger.cursor.position
            if isinstance(ledger.code, LogProjection):
                after = random.randint(0, max(0, upto - RUN))  # noqa: S311  a sample
                batch = _batch(audit, ledger.code, after, upto, RUN)
            else:
                batch = _batch(audit, ledger.code, UUID(int=random.getrandbits(_UUID_BITS)), upto, _RUN_EVENTS_MAX)
            found = _compared(audit, ledger, ledger.code, batch)
        yield from found
        yield Progress(f"{audit.name} rows", run, runs)


def _batch(audit: Audit, code: SoundProjection, after: Key, upto: int, limit: int) -> Batch:
    if isinstance(code, LogProjection):
        return log_batch(audit.journal, after, upto, limit)
    return state_batch(audit.journal, after, upto, code.rows.keys(), limit)


def _done(last: Key, total: int) -> int:
    """Ids of streams are spread evenly, so the last one tells how much is done."""
    if isinstance(last, UUID):
        return total * last.int >> _UUID_BITS
    return total if last is None else last


def _compared(audit: Audit, ledger: Ledger, code: SoundProjection, batch: Batch) -> list[Damage]:
    """Told when the moment is over: nobody must keep a transaction open for as long as he likes.

    By key, so that what is wrong with one aggregate stands together, in whatever tables and pages it was found.
    """
    rows, failed = posted(code, batch)
    told: list[tuple[Any, Damage]] = []
    for key, reason in failed.items():
        words = f"its code fails: {reason}"
        place = _place(audit, batch, key)
        told.append((key, Damage(Code.CODE_FAILS, place, words, "correct the code under a new version")))
    unknown = batch.unreadable | failed.keys()
    for table in ledger.tables:
        differing = (found for found in _differing(ledger, code, batch, table, rows) if found.key not in unknown)
        told += [(found.key, _damage(audit, batch, found)) for found in islice(differing, _DAMAGE_MAX)]
    return [damage for _, damage in sorted(told, key=itemgetter(0))]


def _differing(ledger: Ledger, code: SoundProjection, batch: Batch, table: Table, rows: Rows) -> Iterator[Difference]:
    wanted = by_key(table, code.KEY, rows[table])
    stored = _stored(ledger, table, ledger.tables[table], code.KEY, batch)
    for found in differences(table, code.KEY, wanted, stored):
        is_main = table is code.tables[0]
        yield found if is_main else replace(found, words=f"in {table.name}: {found.words}")


def _stored(ledger: Ledger, table: Table, physical: Table, key: str, batch: Batch) -> Iterator[Values]:
    query = select(*(physical.c[name] for name in table.columns.keys())).order_by(physical.c[key])  # noqa: SIM118
    if batch.after is not None:
        query = query.where(physical.c[key] > _text(batch.after))
    if batch.last is not None:
        query = query.where(physical.c[key] <= _text(batch.last))
    result = ledger.connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
    return (tuple(row) for row in result)


def _text(key: Key) -> Any:  # noqa: ANN401  as the column has it
    return key.hex if isinstance(key, UUID) else key


def _damage(audit: Audit, batch: Batch, found: Difference) -> Damage:
    remedy = audit.rebuild
    if (event := batch.subject_of(found.key)) is not None:
        remedy = f"daybook rebuild {audit.name} --id {shlex.quote(event.subject_id)} --source {event.source}"
    if not audit.is_journal_sound:
        remedy = f"mend the journal first, or what is wrong in it is copied; then {remedy}"
    return Damage(found.code, _place(audit, batch, found.key), found.words, remedy)


def _place(audit: Audit, batch: Batch, key: Any) -> str:  # noqa: ANN401  stream or position
    of = f"position {key}" if isinstance(key, int) else f"stream {key}"
    event = batch.subject_of(key)
    return f"{audit.name}, {of}" + (f" ({event.source}/{event.KIND.value}/{event.subject_id})" if event else "")
