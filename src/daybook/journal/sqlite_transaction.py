"""One write to the embedded store, in few large statements.

The driver frees Python's global lock at every step of a statement, and beside a busy event loop each step then waits
for its turn. So a batch is written by multi-row inserts, whose step count does not grow with their rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from daybook.journal.rows import TABLE_NAMES, AppendedRow, HeardRow, ShapeRow, TallyRow, TypeRow
from daybook.journal.store import Clock, Known, LastOutcome, PayloadIndex, WebhookKey, WebhookMark

_ROWS_MAX: Final = 64
"""Rows of one INSERT; fewer go in powers of two, so that a handful of prepared statements serves every batch."""
_KEYS_MAX: Final = 256
"""Keys of one IN list, filled up to a power of two with the last key."""

_KNOWN_KEYS: Final = """
SELECT k.dedupe_key, k.delivery_id, k.content_digest, o.outcome, o.reason, o.last_position
FROM keys k JOIN outcomes o ON o.delivery_id = k.delivery_id
WHERE k.dedupe_key IN ({marks})
AND o.number = (SELECT max(number) FROM outcomes WHERE delivery_id = k.delivery_id)
"""
_KNOWN_BYTES: Final = """
SELECT b.bytes_key, b.delivery_id, NULL, o.outcome, o.reason, o.last_position
FROM quarantined_bytes b JOIN outcomes o ON o.delivery_id = b.delivery_id
WHERE b.bytes_key IN ({marks})
AND o.number = (SELECT max(number) FROM outcomes WHERE delivery_id = b.delivery_id)
"""
_KNOWN_REPEAT: Final = "SELECT 1 FROM repeats WHERE delivery_id = ? AND repeat_id = ?"
_HEADS: Final = """
SELECT originator_id, max(originator_version) FROM events WHERE originator_id IN ({marks}) GROUP BY originator_id
"""
_CLOCK: Final = """
SELECT position, recorded_at_ns FROM events WHERE position = (SELECT seq FROM sqlite_sequence WHERE name = 'events')
"""
_LAST_OUTCOME: Final = """
SELECT number, outcome, reason, translation, last_position, repeat_of
FROM outcomes WHERE delivery_id = ? ORDER BY number DESC LIMIT 1
"""
_WEBHOOKS: Final = """
SELECT source, event_type, via, passed_at_ns IS NOT NULL, coalesce(last_heard_ns, 0), refusals_in_row FROM webhooks
"""
_TOUCH: Final = """
INSERT INTO webhooks (source, event_type, via, passed_at_ns, last_heard_ns, last_signature) VALUES {rows}
ON CONFLICT (source, event_type, via) DO UPDATE SET passed_at_ns = coalesce(passed_at_ns, excluded.passed_at_ns),
last_heard_ns = excluded.last_heard_ns, last_signature = excluded.last_signature, refusals_in_row = 0
"""
_TALLY: Final = """
INSERT INTO webhooks (source, event_type, via, refusals, refusals_in_row,
last_refused_ns, last_refusal_status, last_refusal_reason, last_ping_ns, last_unsigned_ns, last_signature)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, iif(?10 IS NULL, NULL, 'unsigned'))
ON CONFLICT (source, event_type, via) DO UPDATE SET refusals = refusals + ?4, refusals_in_row = refusals_in_row + ?5,
last_refused_ns = coalesce(?6, last_refused_ns), last_refusal_status = coalesce(?7, last_refusal_status),
last_refusal_reason = coalesce(?8, last_refusal_reason), last_ping_ns = coalesce(?9, last_ping_ns),
last_unsigned_ns = coalesce(?10, last_unsigned_ns),
last_signature = iif(?10 > coalesce(last_heard_ns, 0), 'unsigned', last_signature)
"""


_COUNT_SHAPES: Final = """
INSERT INTO payload_shapes (event_type, event_schema, shape, paths, deliveries, first_seen_ns, last_seen_ns)
VALUES {rows} ON CONFLICT (event_type, event_schema, shape) DO UPDATE SET
deliveries = deliveries + excluded.deliveries, last_seen_ns = max(last_seen_ns, excluded.last_seen_ns)
"""
_NOTE_TYPE: Final = "INSERT OR IGNORE INTO payload_types VALUES (?, ?, ?, ?, ?)"
_SHAPES: Final = "SELECT shape FROM payload_shapes WHERE event_type = ? AND event_schema = ?"
_TYPES: Final = "SELECT path, json_type FROM payload_types WHERE event_type = ? AND event_schema = ?"
_KINDS: Final = "SELECT count(*) FROM (SELECT DISTINCT event_type, event_schema FROM payload_shapes)"
_RAISE_LEVEL: Final = "UPDATE meta SET value = ?1 WHERE name = 'format_level' AND CAST(value AS INTEGER) < ?1"


class SQLiteTransaction:
    """Reads and writes between `BEGIN IMMEDIATE` and `COMMIT`; see `Transaction` for what each method promises."""

    def __init__(self, connection: sqlite3.Connection, clock_ns: Callable[[], int]) -> None:
        self._execute = connection.execute
        self._clock_ns = clock_ns

    def known_keys(self, keys: Collection[bytes]) -> dict[bytes, Known]:
        """One query per 256 keys."""
        return {row[0]: Known(*row[1:]) for row in self._select_in(_KNOWN_KEYS, keys)}

    def known_bytes(self, keys: Collection[bytes]) -> dict[bytes, Known]:
        """One query per 256 keys."""
        return {row[0]: Known(*row[1:]) for row in self._select_in(_KNOWN_BYTES, keys)}

    def known_repeats(self, pairs: Collection[tuple[bytes, bytes]]) -> set[tuple[bytes, bytes]]:
        """One look into the primary key for each: it is rarely asked."""
        return {pair for pair in pairs if self._execute(_KNOWN_REPEAT, pair).fetchone()}

    def heads(self, stream_ids: Collection[bytes]) -> dict[bytes, int]:
        """Answered by the unique index of the events alone."""
        return dict(self._select_in(_HEADS, stream_ids))

    def clock(self) -> Clock:
        """The last position ever given away, by SQLite's own count of it."""
        position, recorded_at_ns = self._execute(_CLOCK).fetchone() or (0, 0)
        return Clock(position, recorded_at_ns, self._clock_ns())

    def last_outcome(self, delivery_id: bytes) -> LastOutcome | None:
        """One look into the primary key."""
        row = self._execute(_LAST_OUTCOME, (delivery_id,)).fetchone()
        return None if row is None else LastOutcome(*row)

    def webhooks(self) -> dict[WebhookKey, WebhookMark]:
        """All of them: their number is bounded."""
        return {WebhookKey(*row[:3]): WebhookMark(bool(row[3]), row[4], row[5]) for row in self._execute(_WEBHOOKS)}

    def payload_index(self, event_type: str, event_schema: str) -> PayloadIndex:
        """Asked once for each pair by a process."""
        pair = (event_type, event_schema)
        shapes = {shape for (shape,) in self._execute(_SHAPES, pair)}
        return PayloadIndex(shapes, set(self._execute(_TYPES, pair)))

    def payload_kinds(self) -> int:
        """Asked when there is a new one."""
        (count,) = self._execute(_KINDS).fetchone()
        return int(count)

    def append(self, rows: Sequence[AppendedRow]) -> None:
        """In multi-row inserts."""
        for chunk in _in_powers_of_two(rows):
            self._execute(
                _insert(TABLE_NAMES[type(chunk[0])], chunk[0]._fields, len(chunk)), list(chain.from_iterable(chunk))
            )

    def touch_webhooks(self, rows: Sequence[HeardRow]) -> None:
        """In multi-row upserts."""
        for chunk in _in_powers_of_two(rows):
            values = [(source, kind, via, heard, heard, signature) for source, kind, via, heard, signature in chunk]
            self._execute(_TOUCH.format(rows=_value_marks(6, len(chunk))), list(chain.from_iterable(values)))

    def tally_webhooks(self, rows: Iterable[TallyRow]) -> None:
        """One upsert each: they come once a second."""
        for row in rows:
            self._execute(_TALLY, row)

    def prune_refusals(self, keep: int) -> None:
        """By number, since the newest have the highest."""
        self._execute("DELETE FROM refusals WHERE refusal_id <= (SELECT max(refusal_id) FROM refusals) - ?", (keep,))

    def count_shapes(self, rows: Sequence[ShapeRow]) -> None:
        """In multi-row upserts."""
        for chunk in _in_powers_of_two(rows):
            values = [(*row, row.seen_at_ns) for row in chunk]
            self._execute(_COUNT_SHAPES.format(rows=_value_marks(7, len(chunk))), list(chain.from_iterable(values)))

    def note_types(self, rows: Sequence[TypeRow]) -> None:
        """One insert each: they are new once."""
        for row in rows:
            self._execute(_NOTE_TYPE, row)

    def raise_level(self, level: int) -> None:
        """One row."""
        self._execute(_RAISE_LEVEL, (level,))

    def probe(self) -> None:
        """One row, always the same."""
        self._execute("UPDATE meta SET value = ? WHERE name = 'probe'", (str(self._clock_ns()),))

    def _select_in(self, statement: str, keys: Collection[bytes]) -> Iterator[Any]:
        wanted = list(keys)
        for start in range(0, len(wanted), _KEYS_MAX):
            chunk = wanted[start : start + _KEYS_MAX]
            size = 1 << (len(chunk) - 1).bit_length()
            chunk += chunk[-1:] * (size - len(chunk))
            yield from self._execute(statement.format(marks=_marks(size)), chunk).fetchall()


def _in_powers_of_two(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    start = 0
    while start < len(rows):
        size = min(_ROWS_MAX, 1 << ((len(rows) - start).bit_length() - 1))
        yield rows[start : start + size]
        start += size


@lru_cache
def _insert(table: str, names: tuple[str, ...], count: int) -> str:
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES {_value_marks(len(names), count)}"  # noqa: S608


@lru_cache
def _value_marks(columns: int, rows: int) -> str:
    return ",".join([f"({_marks(columns)})"] * rows)


@lru_cache
def _marks(count: int) -> str:
    return ",".join("?" * count)
