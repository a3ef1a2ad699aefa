"""What happens under the lock: a batch of entries becomes rows, positions and answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from daybook.intake.call import Answer
from daybook.intake.entry import UNSIGNED, Entry, bytes_key, quarantined
from daybook.intake.shapes import Kind, Shapes, kind_of
from daybook.journal.rows import (
    AppendedRow,
    BodyRow,
    BytesRow,
    DeliveryRow,
    EventRow,
    HeardRow,
    KeyRow,
    OutcomeRow,
    RepeatRow,
)
from daybook.journal.store import Clock, Known, Transaction, WebhookKey
from daybook.zenoti.shape import Shape
from daybook.zenoti.translate import Translation

CONFLICT: Final = "conflict"
CONFLICT_DETAIL: Final = "another content came under this event_id before; release it as distinct to let it in"


@dataclass(slots=True)
class Recorded:
    """A batch that was written: the answers, in the order of the entries, and what to count once it is committed."""

    answers: list[Answer]
    events: int
    conflicts: Counter[str] = field(default_factory=Counter)


def record(
    tx: Transaction, entries: Sequence[Entry], *, shapes: Shapes | None = None, is_rerun: bool = False
) -> Recorded:
    """Write a batch; its order is the order of the journal.

    `shapes` is what the writer knows of the payloads in the store; it settles them when the commit is done.
    A rerun finds out what a commit of unknown outcome left: nothing is written twice, and something always is, so that
    its own commit waits for flush and standby as the first one should have.
    """
    known = tx.known_keys([key for entry in entries if (key := entry.translation.dedupe_key) is not None])
    readings = _readings(entries, known)
    refused = {
        index: bytes_key(entry.provenance, reading.reason)
        for index, (entry, reading) in enumerate(zip(entries, readings, strict=True))
        if reading.outcome == "quarantined"
    }
    known |= tx.known_bytes(list(refused.values())) if refused else {}
    streams = {event.originator_id for entry in entries for event in entry.events}
    sheet = Sheet(tx.clock(), tx.heads(streams) if streams else {})
    answers = [
        _settle(sheet, entry, reading, refused.get(index) or _claim(reading), known)
        for index, (entry, reading) in enumerate(zip(entries, readings, strict=True))
    ]
    if is_rerun:
        sheet.leave_out(tx.known_repeats([(row.delivery_id, row.repeat_id) for row in sheet.repeats]))
        tx.probe()
    (shapes or Shapes()).take(tx, sheet.shapes, sheet.now_ns)
    sheet.write(tx)
    tx.touch_webhooks(_heard(entries, sheet.clock.now_ns))
    conflicts = Counter(
        entry.provenance.source
        for entry, reading, answer in zip(entries, readings, answers, strict=True)
        if reading.reason == CONFLICT and answer.status == "quarantined"
    )
    return Recorded(answers, len(sheet.events), conflicts)


class Sheet:
    """The rows of one transaction, and the ends of journal and streams that they are numbered from."""

    def __init__(self, clock: Clock, heads: Mapping[bytes, int]) -> None:
        self.clock = clock
        self.now_ns = max(clock.now_ns, clock.recorded_at_ns)
        self.events: list[EventRow] = []
        self.deliveries: list[DeliveryRow] = []
        self.bodies: list[BodyRow] = []
        self.repeats: list[RepeatRow] = []
        self.outcomes: list[OutcomeRow] = []
        self.keys: list[KeyRow] = []
        self.bytes: list[BytesRow] = []
        self.shapes: Counter[tuple[Kind, Shape]] = Counter()
        self._position = clock.position
        self._recorded_at_ns = clock.recorded_at_ns
        self._heads = dict(heads)

    def add_event(self, delivery_id: bytes, originator_id: bytes, topic: str, state: bytes) -> int:
        """The next place in the journal and in its stream."""
        self._position += 1
        # Two events never share an instant, and a clock that was set back does not turn the journal around.
        self._recorded_at_ns = max(self.clock.now_ns, self._recorded_at_ns + 1)
        self._heads[originator_id] = version = self._heads.get(originator_id, 0) + 1
        self.events.append(
            EventRow(self._position, originator_id, version, topic, state, delivery_id, self._recorded_at_ns)
        )
        return self._position

    def leave_out(self, repeats: Collection[tuple[bytes, bytes]]) -> None:
        """These are written already."""
        self.repeats = [row for row in self.repeats if (row.delivery_id, row.repeat_id) not in repeats]

    def write(self, tx: Transaction) -> None:
        """Insert everything."""
        tables: tuple[Sequence[AppendedRow], ...] = (
            self.deliveries,
            self.bodies,
            self.events,
            self.outcomes,
            self.keys,
            self.bytes,
            self.repeats,
        )
        for rows in tables:
            tx.append(rows)


def _readings(entries: Sequence[Entry], known: Mapping[bytes, Known]) -> list[Translation]:
    """The translations, with a second content under a known id quarantined."""
    digests = {key: first.content_digest for key, first in known.items()}
    readings = []
    for entry in entries:
        reading = entry.translation
        key = reading.dedupe_key
        if key is not None and digests.setdefault(key, reading.content_digest) != reading.content_digest:
            reading = quarantined(reading, CONFLICT, CONFLICT_DETAIL)
        readings.append(reading)
    return readings


def _claim(reading: Translation) -> bytes:
    if reading.dedupe_key is None:
        raise ValueError("a delivery that is not quarantined must have a dedupe key")
    return reading.dedupe_key


def _settle(sheet: Sheet, entry: Entry, reading: Translation, key: bytes, known: dict[bytes, Known]) -> Answer:
    first = known.get(key)
    delivery_id = entry.delivery_id.bytes
    if first is not None and first.delivery_id == delivery_id:
        # Its own: written by a commit whose outcome was not known.
        return Answer(reading.outcome, entry.delivery_id, first.position, reading.detail or reading.reason)
    if first is not None:
        return _repeat(sheet, entry, first)
    answer = _enter(sheet, entry, reading)
    if reading.outcome == "quarantined":
        sheet.bytes.append(BytesRow(key, delivery_id))
    else:
        sheet.keys.append(KeyRow(key, delivery_id, reading.content_digest))
    known[key] = Known(delivery_id, reading.content_digest, reading.outcome, reading.reason, answer.position)
    return answer


def _enter(sheet: Sheet, entry: Entry, reading: Translation) -> Answer:
    delivery_id = entry.delivery_id.bytes
    positions = (
        [sheet.add_event(delivery_id, *event) for event in entry.events] if reading.outcome == "recorded" else []
    )
    first, last = (positions[0], positions[-1]) if positions else (None, None)
    sheet.deliveries.append(
        DeliveryRow(
            delivery_id,
            *entry.provenance,
            reading.event_type,
            reading.event_id,
            reading.event_schema,
            reading.occurred_at_ns,
            reading.content_digest,
            sheet.now_ns,
        )
    )
    sheet.bodies.append(BodyRow(delivery_id, entry.body))
    # Of a body that nobody signed, anybody may be the author.
    if reading.shape is not None and entry.provenance.signature != UNSIGNED:
        sheet.shapes[kind_of(reading), reading.shape] += 1
    sheet.outcomes.append(
        OutcomeRow(
            delivery_id=delivery_id,
            number=1,
            outcome=reading.outcome,
            reason=reading.reason,
            detail=reading.detail,
            event_type=reading.event_type,
            translation=reading.version,
            released_by=None,
            released_type=None,
            released_distinct=False,
            repeat_of=None,
            events=len(positions),
            first_position=first,
            last_position=last,
            recorded_at_ns=sheet.now_ns,
        )
    )
    return Answer(reading.outcome, entry.delivery_id, last, reading.detail or reading.reason)


def _repeat(sheet: Sheet, entry: Entry, first: Known) -> Answer:
    # The id that it got on its arrival, so that a second writing of the same call can be told from a second call.
    repeat_id = entry.delivery_id.bytes
    sheet.repeats.append(RepeatRow(first.delivery_id, repeat_id, *entry.provenance, sheet.now_ns))
    return Answer("duplicate", UUID(bytes=first.delivery_id), first.position, duplicate_detail(first))


def duplicate_detail(first: Known) -> str:
    """What a duplicate is told of the call before it."""
    if first.outcome == "quarantined":
        return f"the same bytes came before and are quarantined ({first.reason})"
    return f"the same event came before and was {'recorded' if first.outcome == 'repeat' else first.outcome}"


def _heard(entries: Sequence[Entry], now_ns: int) -> list[HeardRow]:
    signatures: dict[WebhookKey, str] = {
        entry.webhook: entry.provenance.signature for entry in entries if entry.webhook is not None
    }
    return [HeardRow(*webhook, now_ns, signature) for webhook, signature in signatures.items()]
