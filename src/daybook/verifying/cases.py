"""Deliveries with all that belongs to them: what arrived, what became of it, its body, and its events."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from daybook.journal import Journal
from daybook.journal.mapper import RecordedEvent
from daybook.journal.tables import bodies, deliveries, outcomes
from daybook.verifying.pages import chunks, events_at

EVENTS_MAX: Final = 10_000
"""What one outcome can count, and what the deliveries of one page have together, but for a single one with more."""
_DELIVERIES_MAX: Final = 500
_BODIES_BYTES_MAX: Final = 32 * 1024 * 1024
"""Bodies of one page, but for a single larger one."""
# Provenance that no check reads can be large.
_DELIVERY: Final = [column for column in deliveries.c if column.name != "headers"]


@dataclass(frozen=True, slots=True)
class Case:
    """One delivery; the rows are as they are stored."""

    delivery: sa.Row[Any]
    outcomes: Sequence[sa.Row[Any]]
    events: Sequence[RecordedEvent]
    """At the positions that its outcomes count, as far as they are this delivery's."""
    body: sa.Row[Any] | None
    is_chosen: bool
    """Whether its body was looked for: under a sample only some are."""

    @property
    def where(self) -> str:
        """In words."""
        return f"delivery {self.delivery.delivery_id}"


def cases(journal: Journal, share: float) -> Iterator[list[Case]]:
    """All deliveries in order of arrival, in pages of bounded size; of this share of them the bodies too."""
    last: UUID | None = None
    while page := _page(journal, last, share):
        yield page
        last = page[-1].delivery.delivery_id


def _page(journal: Journal, last: UUID | None, share: float) -> list[Case]:
    query = sa.select(*_DELIVERY).order_by(deliveries.c.delivery_id).limit(_DELIVERIES_MAX)
    if last is not None:
        query = query.where(deliveries.c.delivery_id > last)
    # One moment: a later one would have outcomes of deliveries that an earlier one has not.
    with journal.inbox.moment() as connection:
        arrived = connection.execute(query).all()
        arrived = arrived[: _fitting((row.body_bytes for row in arrived), _BODIES_BYTES_MAX)]
        became = _outcomes(connection, [row.delivery_id for row in arrived])
        positions = {row.delivery_id: _positions(became.get(row.delivery_id, ())) for row in arrived}
        arrived = arrived[: _fitting((len(positions[row.delivery_id]) for row in arrived), EVENTS_MAX)]
        chosen = {row.delivery_id for row in arrived if share >= 1 or random.random() < share}  # noqa: S311  a sample
        told = _bodies(connection, [row.delivery_id for row in arrived if row.delivery_id in chosen])
        found = events_at(connection, [at for row in arrived for at in positions[row.delivery_id]])
    return [
        Case(
            delivery=row,
            outcomes=became.get(row.delivery_id, ()),
            events=[
                event
                for at in positions[row.delivery_id]
                if (event := found.get(at)) is not None and event.delivery_id == row.delivery_id
            ],
            body=told.get(row.delivery_id),
            is_chosen=row.delivery_id in chosen,
        )
        for row in arrived
    ]


def _fitting(sizes: Iterator[int], total_max: int) -> int:
    """How many of the first fit, but at least one."""
    return max(1, sum(total <= total_max for total in accumulate(max(0, size) for size in sizes)))


def _outcomes(connection: sa.Connection, delivery_ids: Sequence[UUID]) -> dict[UUID, list[sa.Row[Any]]]:
    found: dict[UUID, list[sa.Row[Any]]] = {}
    for chunk in chunks(delivery_ids):
        query = sa.select(outcomes).where(outcomes.c.delivery_id.in_(chunk)).order_by(*outcomes.primary_key)
        for row in connection.execute(query).all():
            found.setdefault(row.delivery_id, []).append(row)
    return found


def _bodies(connection: sa.Connection, delivery_ids: Sequence[UUID]) -> dict[UUID, sa.Row[Any]]:
    found: dict[UUID, sa.Row[Any]] = {}
    for chunk in chunks(delivery_ids):
        query = sa.select(bodies).where(bodies.c.delivery_id.in_(chunk))
        found.update((row.delivery_id, row) for row in connection.execute(query).all())
    return found


def _positions(became: Collection[sa.Row[Any]]) -> list[int]:
    return [at for outcome in became for at in range(*span(outcome))]


def span(outcome: sa.Row[Any]) -> tuple[int, int]:
    """From the first position of its events to behind the last one; empty where the three figures cannot be right."""
    first, last, count = outcome.first_position, outcome.last_position, outcome.events
    if first is None or last is None or not 0 < count <= EVENTS_MAX or last - first + 1 != count:
        return 0, 0
    return first, last + 1
