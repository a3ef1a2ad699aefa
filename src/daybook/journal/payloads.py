"""The index of payloads: which shapes and types each of Zenoti's events was ever seen with, and what of it is new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec
import sqlalchemy as sa

from daybook.journal.tables import payload_shapes, payload_types

Novelty: TypeAlias = Literal["event_type", "event_schema", "key", "json_type"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadShape:
    """Payloads of one event type under one event schema that have the same keys; `''` stands for none."""

    event_type: str
    event_schema: str
    shape: str
    paths: tuple[str, ...]
    """The keys, e.g. `data.appointments[].id`; empty for those that came when the bound was reached."""
    deliveries: int
    first_seen_ns: int
    last_seen_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadType:
    """A JSON type that a key of these payloads was seen with."""

    event_type: str
    event_schema: str
    path: str
    json_type: str
    first_seen_ns: int


@dataclass(frozen=True, slots=True)
class News:
    """One thing that was never seen before."""

    novelty: Novelty
    event_type: str
    event_schema: str
    first_seen_ns: int
    path: str | None = None
    json_types: tuple[str, ...] = ()


class Payloads:
    """All payloads of a journal, of every source, since its schema has this index."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def shapes(self) -> list[PayloadShape]:
        """By event type and schema, the most frequent first."""
        table = payload_shapes
        kind = (table.c.event_type, table.c.event_schema)
        query = sa.select(table).order_by(*kind, table.c.deliveries.desc(), table.c.first_seen_ns, table.c.shape)
        with self._engine.begin() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            PayloadShape(**{**row, "paths": msgspec.json.decode(row["paths"], type=tuple[str, ...])}) for row in rows
        ]

    def types(self) -> list[PayloadType]:
        """By event type, schema and path."""
        with self._engine.begin() as connection:
            rows = connection.execute(sa.select(payload_types).order_by(*payload_types.primary_key.columns)).mappings()
            return [PayloadType(**row) for row in rows]


def news(shapes: Collection[PayloadShape], types: Sequence[PayloadType], since_ns: int) -> list[News]:
    """What was seen since then and never before, in the order in which it came.

    Of an event type or schema that is new itself, its keys are no news. Nothing is where nothing was seen before.
    """
    first_seen_ns: dict[tuple[str, str], int] = {}
    for shape in shapes:
        kind = (shape.event_type, shape.event_schema)
        first_seen_ns[kind] = min(shape.first_seen_ns, first_seen_ns.get(kind, shape.first_seen_ns))
    if all(first >= since_ns for first in first_seen_ns.values()):
        return []
    known_types = {event_type for (event_type, _), first in first_seen_ns.items() if first < since_ns}
    found: list[News] = []
    for (event_type, event_schema), first in first_seen_ns.items():
        if first >= since_ns:
            novelty: Novelty = "event_schema" if event_type in known_types else "event_type"
            found.append(News(novelty, event_type, event_schema, first))
    old = [each for each in types if first_seen_ns.get((each.event_type, each.event_schema), since_ns) < since_ns]
    return sorted([*found, *_new_keys(old, since_ns)], key=lambda one: one.first_seen_ns)


def _new_keys(types: Sequence[PayloadType], since_ns: int) -> Iterator[News]:
    of_path: dict[tuple[str, str, str], list[PayloadType]] = defaultdict(list)
    for each in types:
        of_path[each.event_type, each.event_schema, each.path].append(each)
    for (event_type, event_schema, path), all_types in of_path.items():
        new = [each for each in all_types if each.first_seen_ns >= since_ns]
        novelty: Novelty = "key" if len(new) == len(all_types) else "json_type"
        if novelty == "json_type":
            # Under a key that is known, null only tells nothing.
            new = [each for each in new if each.json_type != "null"]
        if new:
            names = tuple(sorted(each.json_type for each in new))
            yield News(novelty, event_type, event_schema, min(each.first_seen_ns for each in new), path, names)
