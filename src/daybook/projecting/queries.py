"""Reading rows: one by its id, or pages of them, newest first; all from a snapshot that tells its position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import Select, func, select, tuple_

from daybook.projecting.snapshot import Snapshot

Key: TypeAlias = tuple[int, str | int]
"""Where a page ended: the time of its last row, and its subject id or position."""
Time: TypeAlias = Literal["occurred", "recorded"]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and the key after which the next page begins; None where these are the last."""

    rows: list[dict[str, Any]]
    before: Key | None


def find(snapshot: Snapshot, source: str, subject_id: str) -> dict[str, Any] | None:
    """The row of one aggregate of this source, by its normalized id."""
    table = snapshot.table
    query = select(table).where(table.c.source == source, table.c[table.info["subject"]] == subject_id)
    row = snapshot.connection.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def page(
    snapshot: Snapshot,
    source: str,
    *,
    where: Mapping[str, str] | None = None,
    time: Time = "occurred",
    from_ns: int | None = None,
    to_ns: int | None = None,
    before: Key | None = None,
    limit: int = 50,
) -> Page:
    """The newest rows of this source for which every column in `where` has its value.

    `from_ns` is inclusive, `to_ns` exclusive; `before` is the key of the page before.
    """
    table = snapshot.table
    instant, subject = table.c[f"{time}_at_ns"], table.c[table.info["subject"]]
    query: Select[Any] = select(table).where(table.c.source == source)
    for name, value in (where or {}).items():
        query = query.where(table.c[name] == value)
    if from_ns is not None:
        query = query.where(instant >= from_ns)
    if to_ns is not None:
        query = query.where(instant < to_ns)
    if before is not None:
        query = query.where(tuple_(instant, subject) < tuple_(*before))
    query = query.order_by(instant.desc(), subject.desc()).limit(limit + 1)
    rows = [dict(row) for row in snapshot.connection.execute(query).mappings()]
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, (rows[-1][instant.name], rows[-1][subject.name]) if more else None)


def counts(snapshot: Snapshot, source: str, column: str) -> dict[str | None, int]:
    """How many rows of this source have each value of a column, e.g. `status`."""
    table = snapshot.table
    query = select(table.c[column], func.count()).where(table.c.source == source).group_by(table.c[column])
    return {row[0]: row[1] for row in snapshot.connection.execute(query)}
