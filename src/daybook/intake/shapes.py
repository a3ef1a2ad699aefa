"""What a writer knows of the shapes of payloads that are in the store: so that only what is new costs a look at it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

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
_KNOWN_MAX: Final = 256
"""Pairs that one process remembers."""

Kind: TypeAlias = tuple[str, str]
"""Zenoti's event type and event schema, `''` for none."""


def kind_of(reading: Translation) -> Kind:
    """Under what the shape of a delivery is counted."""
    return reading.event_type or "", reading.event_schema or ""


@dataclass(slots=True)
class _Known:
    index: PayloadIndex
    noted: set[Shape] = field(default_factory=set)
    """All of whose types are in the store."""


class Shapes:
    """For one writer; what it knows holds as long as its transactions are committed."""

    def __init__(self) -> None:
        self._known: dict[Kind, _Known] = {}

    def write(self, tx: Transaction, seen: Mapping[tuple[Kind, Shape], int], now_ns: int) -> None:
        """Count the shapes of so many deliveries, and note what was never seen before."""
        counts: Counter[tuple[Kind, str, str]] = Counter()
        new: list[TypeRow] = []
        for (told, shape), deliveries in seen.items():
            kind = self._bounded(tx, told)
            known = self._known[kind]
            counts[self._counted(kind, shape)] += deliveries
            if shape not in known.noted:
                new += _unnoted(kind, shape, known, now_ns)
        rows = [ShapeRow(*kind, digest, paths, count, now_ns) for (kind, digest, paths), count in counts.items()]
        tx.count_shapes(rows)
        tx.note_types(new)

    def forget(self) -> None:
        """A transaction may not have been committed."""
        self._known.clear()

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

    def _counted(self, kind: Kind, shape: Shape) -> tuple[Kind, str, str]:
        shapes = self._known[kind].index.shapes
        if shape.digest not in shapes:
            if len(shapes) >= SHAPES_MAX:
                return kind, OTHER, "[]"
            shapes.add(shape.digest)
        return kind, shape.digest, shape.paths_json


def _unnoted(kind: Kind, shape: Shape, known: _Known, now_ns: int) -> list[TypeRow]:
    if len(known.noted) >= TYPES_MAX:
        known.noted.clear()
    known.noted.add(shape)
    types = known.index.types
    room = max(0, TYPES_MAX - len(types))
    new = sorted(shape.types - types)[:room]
    types.update(new)
    return [TypeRow(*kind, path, json_type, now_ns) for path, json_type in new]
