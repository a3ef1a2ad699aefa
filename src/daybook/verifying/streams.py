"""Whether the versions of every aggregate are 1, 2, 3, … in the order in which they were recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from daybook.journal import Journal
from daybook.journal.recorder import read_by_index
from daybook.journal.tables import events
from daybook.verifying.damage import RESTORE, Code, Damage, Progress, Told

_PAGE: Final = 20_000
"""Rows are small here: no state is read."""
_KEY: Final[tuple[sa.Column[Any], ...]] = (events.c.originator_id, events.c.originator_version, events.c.position)


def verify_streams(journal: Journal, upto: int) -> Iterator[Told]:
    """The versions of all streams up to a position."""
    key: tuple[UUID, int, int] | None = None
    done = 0
    while page := _page(journal, key, upto):
        for row in page:
            same = key is not None and key[0] == row[0]
            yield from _step(row, after=key[1:] if same and key is not None else (0, 0))
            key = row
        done += len(page)
        yield Progress("streams", done, upto)


def _page(journal: Journal, key: tuple[UUID, int, int] | None, upto: int) -> list[tuple[UUID, int, int]]:
    query = sa.select(*_KEY).where(events.c.position <= upto)
    if key is not None:
        behind: Any = sa.tuple_(*(sa.literal(part, column.type) for part, column in zip(key, _KEY, strict=True)))
        query = query.where(sa.tuple_(*_KEY) > behind)
    with journal.inbox.moment() as connection:
        read_by_index(connection)
        rows = connection.execute(query.order_by(*_KEY).limit(_PAGE)).all()
    return [(stream_id, version, position) for stream_id, version, position in rows]


def _step(row: tuple[UUID, int, int], after: tuple[int, int]) -> Iterator[Damage]:
    stream_id, version, position = row
    version_before, position_before = after
    where = f"stream {stream_id}"
    if version <= version_before:
        yield Damage(Code.VERSION_DOUBLED, where, f"version {version} is there more than once", RESTORE)
    elif version > version_before + 1:
        missing = f"{version_before + 1}" if version == version_before + 2 else f"{version_before + 1} to {version - 1}"
        yield Damage(Code.VERSION_MISSING, where, f"version {missing} is missing before position {position}", RESTORE)
    if position <= position_before:
        words = f"version {version} stands before version {version_before} in the journal"
        yield Damage(Code.VERSION_OUT_OF_ORDER, where, words, RESTORE)
