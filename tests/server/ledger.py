"""What a store holds, read beside all code that wrote it: the same SELECTs on both engines, as plain values."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, LiteralString, NamedTuple, TypeAlias
from uuid import UUID

import psycopg

Select: TypeAlias = Callable[[LiteralString], Iterable[tuple[Any, ...]]]


class Kept(NamedTuple):
    """A delivery."""

    event_id: str | None
    event_type: str | None
    url_type: str | None
    body: bytes | None


class Became(NamedTuple):
    """An outcome."""

    outcome: str
    events: int
    first_position: int | None
    last_position: int | None


class Entered(NamedTuple):
    """An event."""

    position: int
    stream_id: UUID
    version: int
    delivery_id: UUID
    told: tuple[object, ...]
    """What identifies the fact that it tells: type, id and content digest."""


@dataclass(frozen=True)
class Ledger:
    """The whole of a journal and its inbox."""

    deliveries: dict[UUID, Kept]
    outcomes: dict[UUID, list[Became]]
    repeats: Counter[UUID]
    events: list[Entered]


def read_ledger(database_url: str) -> Ledger:
    """Everything, from one state of the store."""
    if database_url.startswith("sqlite:///"):
        path = f"file:{database_url.removeprefix('sqlite:///')}/journal.db?mode=ro"
        with closing(sqlite3.connect(path, uri=True, isolation_level=None)) as journal:
            journal.execute("BEGIN")
            assert journal.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            return _read(journal.execute)
    with psycopg.connect(database_url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SET LOCAL search_path TO journal")
        return _read(connection.execute)


def _read(select: Select) -> Ledger:
    outcomes: dict[UUID, list[Became]] = defaultdict(list)
    for delivery_id, *outcome in select(
        "SELECT delivery_id, outcome, events, first_position, last_position FROM outcomes ORDER BY delivery_id, number"
    ):
        outcomes[_uuid(delivery_id)].append(Became(*outcome))
    return Ledger(
        deliveries={
            _uuid(delivery_id): Kept(*delivery)
            for delivery_id, *delivery in select(
                "SELECT d.delivery_id, event_id, event_type, url_type, body "
                "FROM deliveries d LEFT JOIN bodies b ON b.delivery_id = d.delivery_id"
            )
        },
        outcomes=dict(outcomes),
        repeats=Counter(_uuid(delivery_id) for (delivery_id,) in select("SELECT delivery_id FROM repeats")),
        events=[
            Entered(position, _uuid(stream_id), version, _uuid(delivery_id), _told(state))
            for position, stream_id, version, delivery_id, state in select(
                "SELECT position, originator_id, originator_version, delivery_id, state FROM events ORDER BY position"
            )
        ],
    )


def _told(state: bytes) -> tuple[object, ...]:
    event = json.loads(state)
    return event["zenoti_type"], event.get("event_id"), event.get("content_digest")


def _uuid(value: UUID | bytes) -> UUID:
    return value if isinstance(value, UUID) else UUID(bytes=value)
