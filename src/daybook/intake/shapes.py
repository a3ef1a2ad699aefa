"""Shapes of payloads on their way into the store: what is new at once, the counts of what is known once a second."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from daybook.errors import CommitUnknownError
from daybook.journal import Journal
from daybook.journal.rows import ShapeRow, TypeRow
from daybook.journal.store import PayloadIndex, Transaction
from daybook.zenoti.shape import Shape
from daybook.zenoti.translate import Translation

SHAPES_MAX: Final = 200
"""Of one event type and schema; what comes after is counted together. Its keys are noted all the same."""
TYPES_MAX: Final = 2_000
"""Of one event type and schema: pairs of path and JSON type."""
KINDS_MAX: Final = 1_000
"""Pairs of event type and schema; what comes after counts as `OTHER`."""
OTHER: Final = "(other)"
COUNT_EVERY_S: Final = 1.0
"""A count of what is known may wait so long: with each batch it would cost PostgreSQL a tenth of its time."""
_KNOWN_MAX: Final = 256
"""Pairs that one process remembers."""

Kind: TypeAlias = tuple[str, str]
"""Zenoti's event type and event schema, `''` for none."""
Counts: TypeAlias = Mapping[tuple[Kind, Shape], int]


def kind_of(reading: Translation) -> Kind:
    """Under what the shape of a delivery is counted."""
    return reading.event_type or "", reading.event_schema or ""


@dataclass(slots=True)
class _Known:
    index: PayloadIndex
    noted: set[Shape] = field(default_factory=set)
    """Which are in the store, with all their types."""


class Shapes:
    """For one writer: after each of its transactions it calls `settle` or `forget`.

    Whatever was never seen before is written with the delivery that tells it. A process that is killed loses the
    counts of its last second, never more than that, and none is counted twice.
    """

    def __init__(self) -> None:
        self._known: dict[Kind, _Known] = {}
        self._waiting: Counter[tuple[Kind, Shape]] = Counter()
        self._taken: Counter[tuple[Kind, Shape]] = Counter()
        self._is_written = False
        self._count_at_s = 0.0

    def take(self, tx: Transaction, seen: Counts, now_ns: int) -> None:
        """The shapes of so many deliveries, which this transaction writes."""
        self._taken.update(seen)
        is_new = any(kind not in self._known or shape not in self._known[kind].noted for kind, shape in seen)
        if is_new or (self._taken and time.monotonic() >= self._count_at_s):
            self._write(tx, self._waiting + self._taken, now_ns)

    def settle(self) -> None:
        """The transaction was committed."""
        if self._is_written:
            self._waiting.clear()
            self._count_at_s = time.monotonic() + COUNT_EVERY_S
        else:
            self._waiting.update(self._taken)
        self._taken.clear()
        self._is_written = False

    def forget(self, *, is_unknown: bool = False) -> None:
        """It was not committed; or nobody knows, and then what may have been counted is not counted again."""
        if is_unknown and self._is_written:
            self._waiting.clear()
        self._known.clear()
        self._taken.clear()
        self._is_written = False

    def is_waiting(self, seconds: float = 0.0) -> bool:
        """Whether counts have waited so long for a delivery to go with."""
        return bool(self._waiting) and time.monotonic() >= self._count_at_s + seconds

    def flush(self, journal: Journal) -> None:
        """Write what waits, without a delivery."""
        try:
            with journal.transaction() as tx:
                self._write(tx, self._waiting, tx.clock().now_ns)
        except BaseException as error:
            self.forget(is_unknown=isinstance(error, CommitUnknownError))
            raise
        self.settle()

    def _write(self, tx: Transaction, counts: Counts, now_ns: int) -> None:
        shapes: Counter[tuple[Kind, str, str]] = Counter()
        new: list[TypeRow] = []
        for (told, shape), deliveries in counts.items():
            kind = self._bounded(tx, told)
            known = self._known[kind]
            shapes[kind, *_counted(known.index, shape)] += deliveries
            if shape not in known.noted:
                new += _unnoted(kind, shape, known, now_ns)
        tx.count_shapes(
            [ShapeRow(*kind, digest, paths, count, now_ns) for (kind, digest, paths), count in shapes.items()]
        )
        tx.note_types(new)
        self._is_written = True

    def _bounded(self, tx: Transaction, kind: Kind) -> Kind:
        if kind in self._known:
            return kind
        if len(self._known) >= _KNOWN_MAX:
            self._known.clear()
        index = tx.payload_index(*kind)
        if not index.shapes and kind[0] != OTHER and tx.payload_kinds() >= KINDS_MAX:
            return self._bounded(tx, (OTHER, ""))
        self._known[kind] = _Known(index)
        return kind


def _counted(index: PayloadIndex, shape: Shape) -> tuple[str, str]:
    if shape.digest not in index.shapes:
        if len(index.shapes) >= SHAPES_MAX:
            return OTHER, "[]"
        index.shapes.add(shape.digest)
    return shape.digest, shape.paths_json


def _unnoted(kind: Kind, shape: Shape, known: _Known, now_ns: int) -> list[TypeRow]:
    if len(known.noted) >= TYPES_MAX:
        known.noted.clear()
    known.noted.add(shape)
    types = known.index.types
    new = sorted(shape.types - types)[: max(0, TYPES_MAX - len(types))]
    types.update(new)
    return [TypeRow(*kind, path, json_type, now_ns) for path, json_type in new]
