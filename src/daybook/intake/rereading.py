"""What a delivery that is in the inbox already comes to when it is translated again: under the lock, append only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from msgspec.structs import replace

from daybook.domain.events import Event
from daybook.intake.call import Answer
from daybook.intake.entry import encoded, quarantined
from daybook.intake.recording import CONFLICT, CONFLICT_DETAIL, Sheet, duplicate_detail
from daybook.journal.mapper import encode_event
from daybook.journal.rows import KeyRow, OutcomeRow
from daybook.journal.store import Known, LastOutcome, Transaction
from daybook.zenoti.translate import Translation


@dataclass(frozen=True, slots=True)
class Vouching:
    """Who released a delivery, and as what."""

    by: str | None = None
    event_type: str | None = None
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Reread:
    """What a second reading changed."""

    answer: Answer
    events: int
    is_new: bool
    """Whether an outcome was written."""


def reread(
    tx: Transaction,
    delivery_id: UUID,
    reading: Translation,
    *,
    last: LastOutcome,
    recorded: Sequence[Event] = (),
    vouching: Vouching | None = None,
) -> Reread:
    """Append what the reading adds to what this delivery came to before.

    `recorded` are the events that the delivery made already: one that reads the same is not told again, one that reads
    otherwise is appended beside it, and the fold takes the higher version of the translation.
    """
    reading, first = _claimed(tx, delivery_id, reading)
    if first is not None:
        answer = Answer("duplicate", UUID(bytes=first.delivery_id), first.position, duplicate_detail(first))
        return _write(tx, delivery_id, reading, last, answer, vouching=vouching, repeat_of=first.delivery_id)
    if reading.outcome == "quarantined" and last.outcome != "quarantined":
        # What was understood once stays as it is; the newer code is noted, so that it does not come back to it.
        reading = replace(reading, outcome=last.outcome, reason=None)
    answer = Answer(reading.outcome, delivery_id, last.last_position, reading.detail or reading.reason)
    if reading.outcome == "quarantined" and reading.reason == last.reason:
        return Reread(answer, 0, is_new=False)
    return _write(tx, delivery_id, reading, last, answer, vouching=vouching, events=_added(reading.events, recorded))


def _claimed(tx: Transaction, delivery_id: UUID, reading: Translation) -> tuple[Translation, Known | None]:
    if reading.dedupe_key is None:
        return reading, None
    first = tx.known_keys([reading.dedupe_key]).get(reading.dedupe_key)
    if first is None:
        tx.append([KeyRow(reading.dedupe_key, delivery_id.bytes, reading.content_digest)])
        return reading, None
    if first.delivery_id == delivery_id.bytes:
        return reading, None
    if first.content_digest != reading.content_digest:
        return quarantined(reading, CONFLICT, CONFLICT_DETAIL), None
    return reading, first


def _added(events: Sequence[Event], recorded: Sequence[Event]) -> tuple[Event, ...]:
    before = {event.originator_id: event for event in sorted(recorded, key=lambda event: event.position)}
    return tuple(event for event in events if not _same(event, before.get(event.originator_id)))


def _same(event: Event, before: Event | None) -> bool:
    return (
        before is not None
        and type(event) is type(before)
        and encode_event(replace(event, translation=before.translation)) == encode_event(before)
    )


def _write(
    tx: Transaction,
    delivery_id: UUID,
    reading: Translation,
    last: LastOutcome,
    answer: Answer,
    *,
    vouching: Vouching | None,
    events: tuple[Event, ...] = (),
    repeat_of: bytes | None = None,
) -> Reread:
    added = encoded(events)
    sheet = Sheet(tx.clock(), tx.heads({event.originator_id for event in added}))
    positions = [sheet.add_event(delivery_id.bytes, *event) for event in added]
    vouched = vouching or Vouching()
    position = positions[-1] if positions else answer.position
    sheet.outcomes.append(
        OutcomeRow(
            delivery_id=delivery_id.bytes,
            number=last.number + 1,
            outcome="repeat" if repeat_of else reading.outcome,
            reason=None if repeat_of else reading.reason,
            detail=reading.detail,
            event_type=reading.event_type,
            translation=reading.version,
            released_by=vouched.by,
            released_type=vouched.event_type,
            released_distinct=vouched.distinct,
            repeat_of=repeat_of,
            events=len(positions),
            first_position=positions[0] if positions else None,
            last_position=position,
            recorded_at_ns=sheet.now_ns,
        )
    )
    sheet.write(tx)
    return Reread(Answer(answer.status, answer.delivery_id, position, answer.detail), len(positions), is_new=True)
