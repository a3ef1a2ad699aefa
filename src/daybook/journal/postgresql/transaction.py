"""One write to PostgreSQL: what is read is asked at once, what is written is gathered and sent with the COMMIT."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from daybook.errors import DataRejectedError
from daybook.journal.postgresql.packing import copy_statement, packed_bytes, packed_rows, packed_uuids
from daybook.journal.postgresql.session import Session
from daybook.journal.rows import AppendedRow, EventRow, HeardRow, ShapeRow, TallyRow, TypeRow
from daybook.journal.store import Clock, Known, LastOutcome, PayloadIndex, WebhookKey, WebhookMark

CHANNEL: Final = "daybook_journal"
"""Notified with the last position of every commit that appends events."""

# Each statement of a string has a snapshot of its own, so this one sees what the last holder of the lock committed.
CLOCK: Final = b"""
SELECT coalesce(last.position, 0), coalesce(last.recorded_at_ns, 0),
(extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000,
(SELECT value::bigint FROM meta WHERE name = 'format_level')
FROM (SELECT) one LEFT JOIN (
SELECT position, recorded_at_ns FROM events ORDER BY position DESC LIMIT 1
) last ON true
"""
_KNOWN: Final = """
SELECT claim.{key}, claim.delivery_id, {digest}, became.outcome, became.reason, became.last_position
FROM unnest($1::bytea[]) wanted (key) JOIN {table} claim ON claim.{key} = wanted.key
CROSS JOIN LATERAL (
SELECT outcome, reason, last_position FROM outcomes
WHERE outcomes.delivery_id = claim.delivery_id ORDER BY number DESC LIMIT 1
) became
"""
_KNOWN_KEYS: Final = _KNOWN.format(table="keys", key="dedupe_key", digest="claim.content_digest").encode()
_KNOWN_BYTES: Final = _KNOWN.format(table="quarantined_bytes", key="bytes_key", digest="NULL::bytea").encode()
_HEADS: Final = b"""
SELECT wanted.id, last.originator_version FROM unnest($1::uuid[]) wanted (id) CROSS JOIN LATERAL (
SELECT originator_version FROM events WHERE originator_id = wanted.id ORDER BY originator_version DESC LIMIT 1
) last
"""
_KNOWN_REPEATS: Final = b"""
SELECT told.delivery_id, told.repeat_id FROM unnest($1::uuid[], $2::uuid[]) wanted (delivery_id, repeat_id)
JOIN repeats told ON told.delivery_id = wanted.delivery_id AND told.repeat_id = wanted.repeat_id
"""
_LAST_OUTCOME: Final = b"""
SELECT number, outcome, reason, translation, last_position, repeat_of
FROM outcomes WHERE delivery_id = $1 ORDER BY number DESC LIMIT 1
"""
_WEBHOOKS: Final = b"""
SELECT source, event_type, via, passed_at_ns IS NOT NULL, coalesce(last_heard_ns, 0), refusals_in_row FROM webhooks
"""
_TOUCH: Final = b"""
INSERT INTO webhooks AS known (source, event_type, via, passed_at_ns, last_heard_ns, last_signature) VALUES %s
ON CONFLICT (source, event_type, via) DO UPDATE SET
passed_at_ns = coalesce(known.passed_at_ns, excluded.passed_at_ns),
last_heard_ns = excluded.last_heard_ns, last_signature = excluded.last_signature, refusals_in_row = 0
"""
_TALLY: Final = b"""
INSERT INTO webhooks AS known (source, event_type, via, refusals, refusals_in_row,
last_refused_ns, last_refusal_status, last_refusal_reason, last_ping_ns, last_unsigned_ns, last_signature) VALUES %s
ON CONFLICT (source, event_type, via) DO UPDATE SET
refusals = known.refusals + excluded.refusals, refusals_in_row = known.refusals_in_row + excluded.refusals_in_row,
last_refused_ns = coalesce(excluded.last_refused_ns, known.last_refused_ns),
last_refusal_status = coalesce(excluded.last_refusal_status, known.last_refusal_status),
last_refusal_reason = coalesce(excluded.last_refusal_reason, known.last_refusal_reason),
last_ping_ns = coalesce(excluded.last_ping_ns, known.last_ping_ns),
last_unsigned_ns = coalesce(excluded.last_unsigned_ns, known.last_unsigned_ns),
last_signature = CASE WHEN excluded.last_unsigned_ns > coalesce(known.last_heard_ns, 0)
THEN 'unsigned' ELSE known.last_signature END
"""
_COUNT_SHAPES: Final = b"""
INSERT INTO payload_shapes AS known (event_type, event_schema, shape, paths, deliveries, first_seen_ns, last_seen_ns)
VALUES %s ON CONFLICT (event_type, event_schema, shape) DO UPDATE SET
deliveries = known.deliveries + excluded.deliveries, last_seen_ns = greatest(known.last_seen_ns, excluded.last_seen_ns)
"""
_NOTE_TYPES: Final = b"INSERT INTO payload_types VALUES %s ON CONFLICT DO NOTHING"
_SHAPES: Final = b"SELECT shape FROM payload_shapes WHERE event_type = $1 AND event_schema = $2"
_TYPES: Final = b"SELECT path, json_type FROM payload_types WHERE event_type = $1 AND event_schema = $2"
_KINDS: Final = b"SELECT count(*) FROM (SELECT DISTINCT event_type, event_schema FROM payload_shapes) kinds"
_RAISE_LEVEL: Final = b"UPDATE meta SET value = '%d' WHERE name = 'format_level' AND value::int < %d"
_PRUNE: Final = b"DELETE FROM refusals WHERE refusal_id <= (SELECT max(refusal_id) FROM refusals) - %d"
_PROBE: Final = b"UPDATE meta SET value = clock_timestamp() WHERE name = 'probe'"
_NOTIFY: Final = b"SELECT pg_notify('%s', '%d')"


class PostgreSQLTransaction:
    """Reads and writes under the lock; see `Transaction` for what each method promises."""

    def __init__(self, session: Session, clock: Clock) -> None:
        """`clock` was read under the lock."""
        self._session = session
        self._clock: Clock | None = clock
        self._statements: list[bytes] = []
        self._copies: list[bytes] = []
        self._last_position = 0

    def known_keys(self, keys: Collection[bytes]) -> dict[bytes, Known]:
        """One query."""
        return {row[0]: _known(row) for row in self._ask(_KNOWN_KEYS, packed_bytes(keys))} if keys else {}

    def known_bytes(self, keys: Collection[bytes]) -> dict[bytes, Known]:
        """One query."""
        return {row[0]: _known(row) for row in self._ask(_KNOWN_BYTES, packed_bytes(keys))} if keys else {}

    def known_repeats(self, pairs: Collection[tuple[bytes, bytes]]) -> set[tuple[bytes, bytes]]:
        """One query."""
        if not pairs:
            return set()
        deliveries, repeats = zip(*pairs, strict=True)
        return {(row[0], row[1]) for row in self._ask(_KNOWN_REPEATS, packed_uuids(deliveries), packed_uuids(repeats))}

    def heads(self, stream_ids: Collection[bytes]) -> dict[bytes, int]:
        """One look into the unique index for each stream."""
        return {row[0]: _int(row[1]) for row in self._ask(_HEADS, packed_uuids(stream_ids))} if stream_ids else {}

    def clock(self) -> Clock:
        """As it was read with the lock, and again once events were appended."""
        if self._clock is None:
            self._clock = Clock(*map(_int, self._ask(CLOCK)[0][:3]))
        return self._clock

    def last_outcome(self, delivery_id: bytes) -> LastOutcome | None:
        """One look into the primary key."""
        for number, outcome, reason, translation, last, repeat_of in self._ask(_LAST_OUTCOME, delivery_id):
            name, why, position = _text(outcome), _text_or_none(reason), _int_or_none(last)
            return LastOutcome(_int(number), name, why, _int(translation), position, repeat_of)
        return None

    def webhooks(self) -> dict[WebhookKey, WebhookMark]:
        """All of them: their number is bounded."""
        return {
            WebhookKey(*map(_text, row[:3])): WebhookMark(row[3] == b"\1", _int(row[4]), _int(row[5]))
            for row in self._ask(_WEBHOOKS)
        }

    def payload_index(self, event_type: str, event_schema: str) -> PayloadIndex:
        """Two queries, once for each pair by a process."""
        pair = (event_type.encode(errors="replace"), event_schema.encode(errors="replace"))
        shapes = {_text(row[0]) for row in self._ask(_SHAPES, *pair)}
        return PayloadIndex(shapes, {(_text(row[0]), _text(row[1])) for row in self._ask(_TYPES, *pair)})

    def payload_kinds(self) -> int:
        """One query."""
        return _int(self._ask(_KINDS)[0][0])

    def append(self, rows: Sequence[AppendedRow]) -> None:
        """By binary COPY, one for each call."""
        if not rows:
            return
        try:
            self._copies.append(packed_rows(rows))
        except (struct.error, TypeError, AttributeError, ValueError) as error:
            # Among them a lone surrogate, which has no bytes. The message can repeat a value.
            raise DataRejectedError(f"a row cannot be stored ({type(error).__name__})") from error
        self._statements.append(copy_statement(type(rows[0])))
        if isinstance(last := rows[-1], EventRow):
            self._clock, self._last_position = None, last.position

    def touch_webhooks(self, rows: Sequence[HeardRow]) -> None:
        """One upsert."""
        quoted = self._session.quoted
        values = []
        for source, event_type, via, at_ns, signature in rows:
            texts = (quoted(source), quoted(event_type), quoted(via))
            values.append(b"(%s, %s, %s, %d, %d, %s)" % (*texts, at_ns, at_ns, quoted(signature)))
        if values:
            self._statements.append(_TOUCH % b", ".join(values))

    def tally_webhooks(self, rows: Iterable[TallyRow]) -> None:
        """One upsert."""
        values = [
            b"(%s, %s)" % (self._literals(row), _NEWLY_UNSIGNED[row.last_unsigned_ns is not None]) for row in rows
        ]
        if values:
            self._statements.append(_TALLY % b", ".join(values))

    def prune_refusals(self, keep: int) -> None:
        """By number, since the newest have the highest."""
        self._statements.append(_PRUNE % keep)

    def count_shapes(self, rows: Sequence[ShapeRow]) -> None:
        """One upsert."""
        values = [b"(%s, %d)" % (self._literals(row), row.seen_at_ns) for row in rows]
        if values:
            self._statements.append(_COUNT_SHAPES % b", ".join(values))

    def note_types(self, rows: Sequence[TypeRow]) -> None:
        """One insert."""
        if rows:
            self._statements.append(_NOTE_TYPES % b", ".join([b"(%s)" % self._literals(row) for row in rows]))

    def raise_level(self, level: int) -> None:
        """One row."""
        self._statements.append(_RAISE_LEVEL % (level, level))

    def probe(self) -> None:
        """One row, always the same."""
        self._statements.append(_PROBE)

    def finish(self) -> tuple[bytes, list[bytes]]:
        """What is left to be sent, the COMMIT at its end."""
        if self._last_position:
            self._statements.append(_NOTIFY % (CHANNEL.encode(), self._last_position))
        return b";".join([*self._statements, b"COMMIT"]), self._copies

    def _ask(self, statement: bytes, *parameters: bytes) -> list[tuple[Any, ...]]:
        # What was gathered comes first: a query must see what was appended before it.
        if self._statements:
            statements, copies = b";".join(self._statements), self._copies
            self._statements, self._copies = [], []
            self._session.run(statements, copies)
        return self._session.ask(statement, *parameters)

    def _literals(self, row: TallyRow | ShapeRow | TypeRow) -> bytes:
        quoted = self._session.quoted
        return b", ".join(b"%d" % value if isinstance(value, int) else quoted(value) for value in row)


_NEWLY_UNSIGNED: Final = {True: b"'unsigned'", False: b"NULL"}


def _known(row: tuple[Any, ...]) -> Known:
    _, delivery_id, digest, outcome, reason, position = row
    return Known(delivery_id, digest, _text(outcome), _text_or_none(reason), _int_or_none(position))


def _int(value: bytes) -> int:
    return int.from_bytes(value, "big", signed=True)


def _text(value: bytes) -> str:
    return value.decode()


def _int_or_none(value: bytes | None) -> int | None:
    return None if value is None else _int(value)


def _text_or_none(value: bytes | None) -> str | None:
    return None if value is None else _text(value)
