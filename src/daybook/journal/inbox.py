"""The reading side of the inbox: what came, how often, from where, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from daybook.errors import EventNewerError
from daybook.journal.entries import (
    Delivery,
    Outcome,
    OutcomeName,
    Page,
    RecordedAt,
    RefusedCall,
    Repeat,
    Standing,
    WebhookHealth,
)
from daybook.journal.tables import NOT_RECORDED, bodies, deliveries, events, outcomes, refusals, repeats, webhooks
from daybook.journal.uuid7 import first_uuid7

REPEATS_MAX: Final = 1_000
"""Repeats of one delivery that are shown."""
_FRACTION_NS: Final = 1_000
"""More than the fraction of time that one step of a delivery's id stands for."""

_OUTCOME_COLUMNS: Final = [column for column in outcomes.c if column.name != "delivery_id"]
_REPEAT_COUNT: Final = (
    sa.select(sa.func.count()).where(repeats.c.delivery_id == deliveries.c.delivery_id).scalar_subquery()
)
_newer = outcomes.alias("newer")
_LAST: Final = outcomes.c.number == (
    sa.select(sa.func.max(_newer.c.number)).where(_newer.c.delivery_id == outcomes.c.delivery_id).scalar_subquery()
)
_LISTED: Final = (
    sa.select(
        *deliveries.c,
        *(column.label(f"outcome_{column.name}") for column in _OUTCOME_COLUMNS),
        _REPEAT_COUNT.label("repeat_count"),
    )
    .join_from(outcomes, deliveries, outcomes.c.delivery_id == deliveries.c.delivery_id)
    .where(_LAST)
)


class Inbox:
    """All deliveries of a journal."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @contextmanager
    def moment(self) -> Iterator[sa.Connection]:
        """One consistent state of the journal's tables (`journal.tables`), for who reads them by queries of his own."""
        with self._engine.begin() as connection:
            yield connection

    def deliveries(
        self,
        *,
        source: str,
        outcome: OutcomeName | None = None,
        event_type: str | None = None,
        from_ns: int | None = None,
        to_ns: int | None = None,
        limit: int,
        before: UUID | None = None,
    ) -> Page:
        """The newest arrivals first; `from_ns` inclusive, `to_ns` exclusive, `before` from the page before this."""
        # Ids begin with the time of arrival, so the order, the bounds and the keyset share one index.
        query = _where(_LISTED, source, [outcome] if outcome else [])
        if event_type is not None:
            query = query.where(outcomes.c.event_type == event_type)
        if from_ns is not None:
            query = query.where(outcomes.c.delivery_id >= first_uuid7(from_ns), deliveries.c.arrived_at_ns >= from_ns)
        if to_ns is not None:
            query = query.where(
                outcomes.c.delivery_id < first_uuid7(to_ns + _FRACTION_NS), deliveries.c.arrived_at_ns < to_ns
            )
        if before is not None:
            query = query.where(outcomes.c.delivery_id < before)
        with self._engine.begin() as connection:
            rows = connection.execute(query.order_by(outcomes.c.delivery_id.desc()).limit(limit + 1)).mappings().all()
        items = tuple(_delivery(row) for row in rows[:limit])
        return Page(items, items[-1].delivery_id if len(rows) > limit else None)

    def quarantine(self, *, source: str, limit: int, before: UUID | None = None) -> Page:
        """The deliveries that wait for a person or a better translation."""
        return self.deliveries(source=source, outcome="quarantined", limit=limit, before=before)

    def quarantine_counts(self, source: str) -> dict[str, int]:
        """How many deliveries are quarantined, by reason."""
        query = (
            sa.select(outcomes.c.reason, sa.func.count())
            .join_from(outcomes, deliveries, outcomes.c.delivery_id == deliveries.c.delivery_id)
            .group_by(outcomes.c.reason)
        )
        with self._engine.begin() as connection:
            rows = connection.execute(_where(query.where(_LAST), source, ["quarantined"])).all()
        return {reason: count for reason, count in rows}  # noqa: C416  a Row is no tuple to the type checker

    def standing_after(
        self, delivery_id: UUID | None, *, outcomes_wanted: Collection[OutcomeName], source: str | None, limit: int
    ) -> list[Standing]:
        """Deliveries in order of arrival, behind one of them: what a new translation goes through."""
        columns = (outcomes.c.delivery_id, outcomes.c.outcome, outcomes.c.reason, outcomes.c.translation)
        query: sa.Select[Any] = sa.select(*columns).where(_LAST)
        if source is not None:
            query = query.join_from(outcomes, deliveries, outcomes.c.delivery_id == deliveries.c.delivery_id)
        query = _where(query, source, outcomes_wanted)
        if delivery_id is not None:
            query = query.where(outcomes.c.delivery_id > delivery_id)
        with self._engine.begin() as connection:
            rows = connection.execute(query.order_by(outcomes.c.delivery_id).limit(limit)).all()
        return [Standing(*row) for row in rows]

    def delivery(self, delivery_id: UUID, source: str | None = None) -> Delivery | None:
        """One delivery with all its outcomes, its newest repeats and its events."""
        query = _where(_LISTED, source, []).where(outcomes.c.delivery_id == delivery_id)
        with self._engine.begin() as connection:
            row = connection.execute(query).mappings().one_or_none()
            if row is None:
                return None
            became = (
                connection.execute(
                    sa.select(*_OUTCOME_COLUMNS)
                    .where(outcomes.c.delivery_id == delivery_id)
                    .order_by(outcomes.c.number)
                )
                .mappings()
                .all()
            )
            repeated = (
                connection.execute(
                    sa.select(repeats)
                    .where(repeats.c.delivery_id == delivery_id)
                    .order_by(repeats.c.repeat_id.desc())
                    .limit(REPEATS_MAX)
                )
                .mappings()
                .all()
            )
            recorded = connection.execute(
                sa.select(events.c.position, events.c.originator_id, events.c.originator_version, events.c.topic)
                .where(_positions(became), events.c.delivery_id == delivery_id)
                .order_by(events.c.position)
            ).all()
        return _delivery(
            row,
            outcomes=tuple(Outcome(**outcome) for outcome in became),
            repeats=tuple(Repeat(**_readable(repeat)) for repeat in repeated),
            events=tuple(
                RecordedAt(position=position, stream_id=stream, version=version, topic=topic)
                for position, stream, version, topic in recorded
            ),
        )

    def body(self, delivery_id: UUID) -> bytes | None:
        """The raw body, byte for byte; None where the delivery is unknown or its body was erased."""
        query = sa.select(bodies.c.body, bodies.c.encoding).where(bodies.c.delivery_id == delivery_id)
        with self._engine.begin() as connection:
            row = connection.execute(query).one_or_none()
        if row is not None and row.encoding != "plain":
            raise EventNewerError("this body is stored in an encoding that this daybook does not know")
        return None if row is None else bytes(row.body)

    def webhooks(self) -> list[WebhookHealth]:
        """Every webhook that was heard or refused."""
        query = sa.select(webhooks).order_by(webhooks.c.source, webhooks.c.event_type, webhooks.c.via)
        with self._engine.begin() as connection:
            return [WebhookHealth(**_unlabelled(row)) for row in connection.execute(query).mappings()]

    def refusals(self, limit: int) -> list[RefusedCall]:
        """The newest refused calls first."""
        columns = [column for column in refusals.c if column.name != "refusal_id"]
        query = sa.select(*columns).order_by(refusals.c.refusal_id.desc()).limit(limit)
        with self._engine.begin() as connection:
            return [RefusedCall(**_unlabelled(row)) for row in connection.execute(query).mappings()]


def _where(query: sa.Select[Any], source: str | None, wanted: Collection[OutcomeName]) -> sa.Select[Any]:
    if source is not None:
        query = query.where(deliveries.c.source == source)
    if not wanted:
        return query
    # Spelt as the partial index is, or SQLite does not see that it may use it.
    narrowed = query if "recorded" in wanted else query.where(NOT_RECORDED)
    return narrowed.where(outcomes.c.outcome.in_(sorted(wanted)))


def _positions(became: Collection[sa.RowMapping]) -> sa.ColumnElement[bool]:
    # The events of one outcome stand side by side, so they need no index of their own.
    ranges = [
        events.c.position.between(outcome["first_position"], outcome["last_position"])
        for outcome in became
        if outcome["events"]
    ]
    return sa.or_(sa.false(), *ranges)


def _delivery(row: sa.RowMapping, **parts: tuple[object, ...]) -> Delivery:
    values = _readable(row)
    outcome = {name: values.pop(f"outcome_{name}") for name in Outcome.__slots__}
    return Delivery(**{**values, **parts}, outcome=Outcome(**outcome))


def _readable(row: sa.RowMapping) -> dict[str, Any]:
    values: dict[str, Any] = dict(row)
    values["headers"] = msgspec.json.decode(values["headers"], type=tuple[tuple[str, str], ...])
    return values


def _unlabelled(row: sa.RowMapping) -> dict[str, Any]:
    values: dict[str, Any] = dict(row)
    return {**values, "event_type": values["event_type"] or None, "via": values["via"] or None}
