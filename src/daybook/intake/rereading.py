"""What a delivery that is in the inbox already comes to when it is translated again: under the lock, append only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, cast
from uuid import UUID

from msgspec.structs import replace

from daybook.domain.events import Event
from daybook.domain.fold import latest_readings, withdrawal
from daybook.intake.call import Answer
from daybook.intake.entry import encoded, quarantined
from daybook.intake.recording import CONFLICT, CONFLICT_DETAIL, Sheet, duplicate_detail
from daybook.journal.entries import OutcomeName
from daybook.journal.mapper import encode_event
from daybook.journal.rows import KeyRow, OutcomeRow
from daybook.journal.store import Known, LastOutcome
from daybook.zenoti.translate import Translation

BODY_ERASED: Final = "body_erased"
"""Nothing reads such a delivery again."""


@dataclass(frozen=True, slots=True)
class Vouching:
    """Who released a delivery, and as what."""

    by: str | None = None
    event_type: str | None = None
    distinct: bool = False


class Added(NamedTuple):
    """The events that a reading adds, by what they are to those that the delivery made before."""

    missing: Sequence[Event] = ()
    superseding: Sequence[Event] = ()
    withdrawing: Sequence[Event] = ()

    @property
    def all(self) -> tuple[Event, ...]:
        """At most one per aggregate."""
        return (*self.missing, *self.superseding, *self.withdrawing)


@dataclass(frozen=True, slots=True)
class Reread:
    """What a second reading of one delivery comes to."""

    delivery_id: UUID
    reading: Translation
    last: LastOutcome
    outcome: OutcomeName
    reason: str | None
    first: Known | None = None
    """The delivery that this one repeats, as far as this reading tells."""
    added: Added = field(default_factory=Added)
    claims_key: bool = False

    @property
    def is_new(self) -> bool:
        """Whether there is anything to write: what cannot be understood, as before, leaves no trace."""
        return self.outcome != "quarantined" or (self.outcome, self.reason) != (self.last.outcome, self.last.reason)

    @property
    def is_told_otherwise(self) -> bool:
        """Whether more follows than that a newer translation read it."""
        return bool(self.added.all) or (self.outcome, self.reason) != (self.last.outcome, self.last.reason)

    @property
    def is_newly_quarantined(self) -> bool:
        """Whether it waits for a person from now on, and did not before."""
        return self.outcome == "quarantined" and self.last.outcome != "quarantined"


def reread(
    delivery_id: UUID,
    reading: Translation,
    *,
    last: LastOutcome,
    known: dict[bytes, Known],
    recorded: Collection[Event] = (),
) -> Reread:
    """What this reading adds to what the delivery came to before, in `recorded` its events so far.

    `known` holds the claimed keys; one that is claimed here is put in. An event that reads the same is not told again;
    one that reads otherwise is appended beside the older one, and where the delivery tells nothing of an aggregate any
    more, a withdrawal is.
    """
    claims_key = reading.dedupe_key is not None and reading.dedupe_key not in known
    reading, first = _claimed(delivery_id, reading, known)
    outcome: OutcomeName = reading.outcome
    reason = reading.reason
    added = Added()
    if first is not None:
        # Told by another delivery before, so this one has nothing to tell.
        outcome, reason, added = "repeat", None, _added((), recorded, reading.version)
    elif outcome != "quarantined":
        added = _added(reading.events, recorded, reading.version)
    elif _stays(last, reason):
        # What was understood once stays as it is; the newer translation is noted, so that it does not come back to it.
        outcome, reason = cast("OutcomeName", last.outcome), None
    return Reread(delivery_id, reading, last, outcome, reason, first, added, claims_key)


def enter(sheet: Sheet, change: Reread, vouching: Vouching | None = None) -> Answer:
    """Put it on the sheet of a transaction; gives the answer to whoever asked for it."""
    delivery_id, reading, first = change.delivery_id.bytes, change.reading, change.first
    if change.claims_key and reading.dedupe_key is not None:
        sheet.keys.append(KeyRow(reading.dedupe_key, delivery_id, reading.content_digest))
    positions = [sheet.add_event(delivery_id, *event) for event in encoded(change.added.all)]
    position = positions[-1] if positions else (first.position if first else change.last.last_position)
    vouched = vouching or Vouching()
    sheet.outcomes.append(
        OutcomeRow(
            delivery_id=delivery_id,
            number=change.last.number + 1,
            outcome=change.outcome,
            reason=change.reason,
            detail=reading.detail,
            event_type=reading.event_type,
            translation=reading.version,
            released_by=vouched.by,
            released_type=vouched.event_type,
            released_distinct=vouched.distinct,
            repeat_of=first.delivery_id if first else change.last.repeat_of if change.outcome == "repeat" else None,
            events=len(positions),
            first_position=positions[0] if positions else None,
            last_position=position,
            recorded_at_ns=sheet.now_ns,
        )
    )
    return answer_of(change, position)


def answer_of(change: Reread, position: int | None) -> Answer:
    """As a webhook would be answered."""
    if change.first is not None:
        return Answer("duplicate", UUID(bytes=change.first.delivery_id), position, duplicate_detail(change.first))
    return Answer(change.reading.outcome, change.delivery_id, position, change.reading.detail or change.reason)


def streams_of(changes: Collection[Reread]) -> set[bytes]:
    """The streams whose ends a sheet must know."""
    return {event.originator_id.bytes for change in changes for event in change.added.all}


def _stays(last: LastOutcome, reason: str | None) -> bool:
    """Whether what it came to before holds, though this reading makes nothing of it."""
    if last.outcome == "kept":
        # Nobody had read it yet: it waits for a person as it would if it came today, unless nothing is left to read.
        return reason == BODY_ERASED
    return last.outcome != "quarantined"


def _claimed(delivery_id: UUID, reading: Translation, known: dict[bytes, Known]) -> tuple[Translation, Known | None]:
    if reading.dedupe_key is None:
        return reading, None
    own = Known(delivery_id.bytes, reading.content_digest, reading.outcome, reading.reason, None)
    first = known.setdefault(reading.dedupe_key, own)
    if first.delivery_id == delivery_id.bytes:
        return reading, None
    if first.content_digest != reading.content_digest:
        return quarantined(reading, CONFLICT, CONFLICT_DETAIL), None
    return reading, first


def _added(events: Sequence[Event], recorded: Collection[Event], translation: int) -> Added:
    before = _standing(recorded)
    named = {event.originator_id for event in events}
    return Added(
        missing=[event for event in events if event.originator_id not in before],
        superseding=[
            event for event in events if (old := before.get(event.originator_id)) is not None and not _same(event, old)
        ],
        withdrawing=[withdrawal(old, translation) for stream, old in before.items() if stream not in named],
    )


def _standing(recorded: Collection[Event]) -> dict[UUID, Event]:
    """By stream, the event that counts of this delivery; none where it was withdrawn."""
    streams: dict[UUID, list[Event]] = {}
    for event in recorded:
        streams.setdefault(event.originator_id, []).append(event)
    latest = {stream: next(iter(latest_readings(own).values())) for stream, own in streams.items()}
    return {stream: event for stream, event in latest.items() if not event.WITHDRAWS}


def _same(event: Event, before: Event) -> bool:
    return type(event) is type(before) and (
        encode_event(replace(event, translation=before.translation)) == encode_event(before)
    )
