"""Whether what belongs to a delivery has one: outcomes, bodies, repeats, and the keys under which events are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from daybook.journal import Journal
from daybook.journal.tables import bodies, deliveries, keys, outcomes, quarantined_bytes, repeats
from daybook.verifying.damage import RESTORE, Code, Damage, Progress, Told

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


def verify_orphans(journal: Journal) -> Iterator[Told]:
    """All tables beside that of the deliveries."""
    for belongings in _ALL:
        key: tuple[Any, ...] | None = None
        done = 0
        while page := _page(journal, belongings, key):
            for delivery_id, has_delivery, has_claim, *_ in page:
                where = f"delivery {delivery_id}"
                if not has_delivery:
                    words = f"it is not in the inbox, but {belongings.words}"
                    yield Damage(belongings.code, where, words, RESTORE)
                elif not has_claim:
                    words = f"it has claimed a key and was neither recorded nor kept: {_REFUSED}"
                    yield Damage(Code.KEY_WITHOUT_OUTCOME, where, words, RESTORE)
            key = page[-1][3:]
            done += len(page)
            yield Progress(belongings.table.name, done, None)


def _page(journal: Journal, belongings: _Belongings, key: tuple[Any, ...] | None) -> list[tuple[Any, ...]]:
    table = belongings.table
    columns = list(table.primary_key)
    query = sa.select(
        table.c.delivery_id,
        deliveries.c.delivery_id.is_not(None).label("has_delivery"),
        _claim(table).label("has_claim"),
        *(column.label(f"key_{column.name}") for column in columns),
    ).outerjoin_from(table, deliveries, deliveries.c.delivery_id == table.c.delivery_id)
    if key is not None:
        behind: Any = sa.tuple_(*(sa.literal(part, column.type) for part, column in zip(key, columns, strict=True)))
        query = query.where(sa.tuple_(*columns) > behind)
    with journal.inbox.moment() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(*columns).limit(_PAGE)).all()]


def _claim(table: sa.Table) -> sa.ColumnElement[bool]:
    """Whether the delivery was ever recorded or kept, which is all that may claim a key."""
    if table is not keys:
        return sa.true()
    became = sa.select(outcomes.c.number).where(
        outcomes.c.delivery_id == table.c.delivery_id, outcomes.c.outcome.in_(_CLAIMS)
    )
    return became.exists()
