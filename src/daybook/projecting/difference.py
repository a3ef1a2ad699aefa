"""How the rows of one build differ from those of the live one, compared at the same position of the journal."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Table, select

from daybook.errors import BehindError, ProjectionError
from daybook.journal import Journal
from daybook.projecting.cursor import Cursor, Key
from daybook.projecting.physical import logical_name
from daybook.projecting.projection import LogProjection, SoundProjection
from daybook.projecting.read_store import ReadStore
from daybook.projecting.snapshot import Snapshot

SAMPLES_MAX: Final = 20
_BETWEEN_EVENTS_MAX: Final = 50_000
"""Between the positions of the two builds; their keys are held in memory, and left out."""
_READ_EVENTS: Final = 5_000
_FETCH_ROWS: Final = 2_000

Rows: TypeAlias = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Sample:
    """One key whose rows differ; of one that only one build has, every column."""

    key: str | int
    columns: Mapping[str, tuple[Any, Any]]
    """Old and new value."""


@dataclass(slots=True)
class TableDifference:
    """One table of the live build beside the same table of the other one."""

    table: str
    columns_only_old: tuple[str, ...] = ()
    columns_only_new: tuple[str, ...] = ()
    rows_old: int = 0
    rows_new: int = 0
    only_old: int = 0
    """Keys."""
    only_new: int = 0
    changed: int = 0
    columns: Counter[str] = field(default_factory=Counter)
    """How many keys differ in each column that both have."""
    samples: list[Sample] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Difference:
    """What readers will see change at a switch."""

    name: str
    live: tuple[int, int]
    """Version and build."""
    other: tuple[int, int]
    position: int
    """Rows are compared as of here: what came later to one of the two is left out."""
    tables: tuple[TableDifference, ...]
    tables_only_old: tuple[str, ...] = ()
    tables_only_new: tuple[str, ...] = ()
    """Their rows are not compared with anything."""


def diff(
    store: ReadStore, journal: Journal, name: str, version: int | None = None, build: int | None = None
) -> Difference:
    """The live build beside this one, or the newest complete one that is not live.

    Raises `ProjectionError` where there is none, `BehindError` where the two are too far from each other.
    """
    projection = store.sound(name)
    old_key, new_key = _keys(store, name, version, build)
    with store.snapshots(name, old_key, new_key) as (old, new):
        if old.cursor.journal_id != new.cursor.journal_id:
            raise ProjectionError(f"the two builds of the projection {name} are of two journals")
        position, skipped = _comparable(journal, projection, old.cursor, new.cursor)
        olds = {logical_name(table.name, *old_key[1:]): table for table in old.tables}
        news = {logical_name(table.name, *new_key[1:]): table for table in new.tables}
        compared = [
            _compare(own, (old, table), (new, news[own]), projection.KEY, skipped)
            for own, table in olds.items()
            if own in news
        ]
    return Difference(
        name,
        old_key[1:],
        new_key[1:],
        position,
        tuple(compared),
        tables_only_old=tuple(own for own in olds if own not in news),
        tables_only_new=tuple(own for own in news if own not in olds),
    )


def _keys(store: ReadStore, name: str, version: int | None, build: int | None) -> tuple[Key, Key]:
    builds = store.builds(name)
    live = next((one.key for one in builds if one.is_live), None)
    others = [
        one.key
        for one in builds
        if not one.is_live
        and (version is None or one.version == version)
        and (build == one.build or (build is None and one.phase not in {"load", "index"}))
    ]
    if live is None or not others:
        raise ProjectionError(f"the projection {name} has no such build beside a live one")
    return live, others[-1]


def _comparable(
    journal: Journal, projection: SoundProjection, old: Cursor, new: Cursor
) -> tuple[int, Collection[str | int]]:
    """The lower position, and the keys whose rows have changed since in one of the two."""
    position, after = sorted([old.position, new.position])
    if after - position > _BETWEEN_EVENTS_MAX:
        raise BehindError(
            f"the two builds of {projection.name} are {after - position} events from each other; let them catch up"
        )
    skipped: set[str | int] = set()
    at = position
    while at < after:
        events = journal.select_events_after(at, min(_READ_EVENTS, after - at))
        if isinstance(projection, LogProjection):
            skipped.update(event.position for event in events)
        else:
            skipped.update(event.originator_id.hex for event in events)
        at = events[-1].position if events else after
    return position, skipped


def _compare(
    table: str,
    old: tuple[Snapshot, Table],
    new: tuple[Snapshot, Table],
    key: str,
    skipped: Collection[str | int],
) -> TableDifference:
    names_old, names_new = old[1].columns.keys(), new[1].columns.keys()
    told = TableDifference(
        table,
        columns_only_old=tuple(name for name in names_old if name not in names_new),
        columns_only_new=tuple(name for name in names_new if name not in names_old),
    )
    both = [name for name in names_old if name in names_new]
    rows_old, rows_new = (_by_key(one.connection, its, key, skipped) for one, its in (old, new))
    for one, before, after in _paired(rows_old, rows_new):
        told.rows_old += len(before)
        told.rows_new += len(after)
        changed = _changed(before, after, both)
        told.only_old += not after
        told.only_new += not before
        if before and after:
            told.changed += bool(changed)
            told.columns.update(changed.keys())
        if changed and len(told.samples) < SAMPLES_MAX:
            told.samples.append(Sample(one, changed))
    return told


def _by_key(
    connection: Connection, table: Table, key: str, skipped: Collection[str | int]
) -> Iterator[tuple[Any, Rows]]:
    """The rows of each key, in the order of the keys; never many in memory."""
    query = select(table).order_by(table.c[key]).execution_options(yield_per=_FETCH_ROWS)
    rows = connection.execute(query).mappings()
    for one, own in itertools.groupby(rows, lambda row: row[key]):
        if one not in skipped:
            yield one, [dict(row) for row in own]


def _paired(old: Iterator[tuple[Any, Rows]], new: Iterator[tuple[Any, Rows]]) -> Iterator[tuple[Any, Rows, Rows]]:
    """Each key of either, with its rows in both."""
    before, after = next(old, None), next(new, None)
    while before or after:
        if after is None or (before is not None and before[0] < after[0]):
            assert before is not None  # noqa: S101  for the type checker
            yield before[0], before[1], []
            before = next(old, None)
        elif before is None or after[0] < before[0]:
            yield after[0], [], after[1]
            after = next(new, None)
        else:
            yield before[0], before[1], after[1]
            before, after = next(old, None), next(new, None)


def _changed(before: Rows, after: Rows, names: Sequence[str]) -> dict[str, tuple[Any, Any]]:
    """The columns that differ; of several rows of one key, all their values, in an order of the rows as a whole."""

    def in_order(rows: Rows) -> Rows:
        # Each column in an order of its own would hide values that changed places between rows.
        return sorted(rows, key=lambda row: [(row[name] is not None, str(row[name])) for name in names])

    def values(rows: Rows, name: str) -> Any:  # noqa: ANN401  a column's
        told = [row[name] for row in rows]
        return told if len(told) > 1 else next(iter(told), None)

    before, after = in_order(before), in_order(after)
    pairs = {name: (values(before, name), values(after, name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
