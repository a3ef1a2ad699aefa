"""Whether what belongs to a delivery has one: outcomes, bodies, repeats, and the keys under which events are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from daybook.journal import Journal
from daybook.journal.recorder import read_by_index
from daybook.journal.tables import bodies, deliveries, keys, outcomes, quarantined_bytes, repeats
from daybook.verifying.damage import Code, Damage, Progress, Told, restore_row

_PAGE: Final = 5_000
_REFUSED: Final = "a webhook that tells its event again is taken for a repeat of it, and nothing is recorded"


@dataclass(frozen=True, slots=True)
class _Belongings:
    """A table whose rows each name a delivery."""

    table: sa.Table
    code: Code
    words: str


_ALL: Final = (
    _Belongings(outcomes, Code.OUTCOME_WITHOUT_DELIVERY, "an outcome tells what became of it"),
    _Belongings(bodies, Code.BODY_WITHOUT_DELIVERY, "its body is kept"),
    _Belongings(repeats, Code.REPEAT_WITHOUT_DELIVERY, "a further call of it is noted"),
    _Belongings(keys, Code.KEY_WITHOUT_DELIVERY, f"a key names it: {_REFUSED}"),
    _Belongings(quarantined_bytes, Code.BYTES_WITHOUT_DELIVERY, "the digest of quarantined bytes names it"),
)
_CLAIMS: Final = ("recorded", "kept")


class _Row(NamedTuple):
    delivery_id: UUID
    has_delivery: bool
    has_claim: bool
    """Whether the delivery was ever recorded or kept, which is all that may claim a key."""
    key: tuple[Any, ...]


def verify_orphans(journal: Journal) -> Iterator[Told]:
    """All tables beside that of the deliveries."""
    for belongings in _ALL:
        key: tuple[Any, ...] | None = None
        done = 0
        while page := _page(journal, belongings.table, key):
            for delivery_id, has_delivery, has_claim, _ in page:
                where = f"delivery {delivery_id}"
                if not has_delivery:
                    words = f"it is not in the inbox, but {belongings.words}"
                    yield Damage(belongings.code, where, words, restore_row("deliveries"))
                elif not has_claim:
                    words = f"it has claimed a key and was neither recorded nor kept: {_REFUSED}"
                    yield Damage(Code.KEY_WITHOUT_OUTCOME, where, words, restore_row("keys", "outcomes"))
            key = page[-1].key
            done += len(page)
            yield Progress(belongings.table.name, done, None)


def _page(journal: Journal, table: sa.Table, key: tuple[Any, ...] | None) -> list[_Row]:
    columns = list(table.primary_key)
    query = sa.select(
        table.c.delivery_id,
        _has(deliveries, table).label("has_delivery"),
        _has(outcomes, table, outcomes.c.outcome.in_(_CLAIMS)).label("has_claim") if table is keys else sa.true(),
        *(column.label(f"key_{column.name}") for column in columns),
    )
    if key is not None:
        behind: Any = sa.tuple_(*(sa.literal(part, column.type) for part, column in zip(key, columns, strict=True)))
        query = query.where(sa.tuple_(*columns) > behind)
    with journal.inbox.moment() as connection:
        read_by_index(connection)
        rows = connection.execute(query.order_by(*columns).limit(_PAGE)).all()
    return [_Row(delivery_id, arrived, claims, tuple(of)) for delivery_id, arrived, claims, *of in rows]


def _has(other: sa.Table, table: sa.Table, *such: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    # Counted for each row: of a join, or of EXISTS, PostgreSQL goes through all deliveries for each page.
    of_it = other.c.delivery_id == table.c.delivery_id
    return sa.select(sa.func.count()).select_from(other).where(of_it, *such).scalar_subquery() > 0
