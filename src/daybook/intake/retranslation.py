"""A better translation goes through what was kept: every delivery still has its body, so nothing is lost by time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from daybook.domain.events import Event
from daybook.errors import FormatLevelError
from daybook.intake.claims import Claims
from daybook.intake.entry import AWAITS_FORMAT_LEVEL, UNSIGNED, bytes_key
from daybook.intake.recording import Sheet
from daybook.intake.release import translate_again
from daybook.intake.rereading import BODY_ERASED, Reread, enter, reread, streams_of
from daybook.journal import Journal
from daybook.journal.entries import Delivery, OutcomeName, Standing
from daybook.journal.rows import BytesRow
from daybook.journal.store import Known, Transaction
from daybook.zenoti.translate import TRANSLATION_VERSION, Translation

BATCH_DELIVERIES_MAX: Final = 100
BATCH_EVENTS_MAX: Final = 1_000
"""Per transaction, of both; the lock is let go in between. One delivery can make as many."""
LOOKED_THROUGH_MAX: Final = 5_000
"""Outcomes that one query looks through."""


@dataclass(frozen=True, slots=True)
class Retranslation:
    """What was done so far; of a dry run, what would be."""

    read: int = 0
    """Deliveries that were translated again."""
    changed: int = 0
    """Of them, those with another outcome, or with events that were not there."""
    recorded: int = 0
    """Of them, those that are recorded now and were not before."""
    events: int = 0
    """All that were appended: missing ones, those that supersede older ones, and those that withdraw them."""
    superseding: int = 0
    withdrawing: int = 0
    quarantined: int = 0
    """Deliveries that were kept and are quarantined now, since this translation finds out that it cannot read them."""


@dataclass(frozen=True, slots=True)
class _Due:
    delivery: Delivery
    reading: Translation
    recorded: tuple[Event, ...]


def retranslate(
    journal: Journal, outcomes: Collection[OutcomeName], *, source: str | None, dry_run: bool
) -> Iterator[Retranslation]:
    """Translate again, in order of arrival, what has one of these outcomes; yields after each transaction.

    Kept and recorded deliveries are read only by a newer version than before; what was kept and turns out to be
    unreadable is quarantined. Quarantined ones always are read, but for those without a valid signature, which only a
    person can vouch for, and those whose body was erased. Raises `FormatLevelError` where older processes could not
    read what would be appended.
    """
    if journal.format_level < journal.vocabulary.level:
        raise FormatLevelError
    done = Retranslation()
    with Claims() as claims:
        for batch in _batches(_all_due(journal, outcomes, source)):
            with journal.transaction() as tx:
                changes = _changes(tx, batch, claims)
                if not dry_run:
                    _write(tx, batch, changes)
            if dry_run:
                claims.claim(claim for change in changes for claim in _claims(change))
            done = _counted(done, len(batch), changes)
            yield done


def _all_due(journal: Journal, outcomes: Collection[OutcomeName], source: str | None) -> Iterator[_Due]:
    # What only repeats another delivery by the older reading is looked at with those that were recorded.
    wanted: set[OutcomeName] = {*outcomes, "repeat"} if "recorded" in outcomes else set(outcomes)
    after: UUID | None = None
    while standing := journal.inbox.standing_after(
        after, outcomes_wanted=wanted, source=source, limit=LOOKED_THROUGH_MAX
    ):
        after = standing[-1].delivery_id
        for each in standing:
            delivery = journal.inbox.delivery(each.delivery_id) if is_due(each) else None
            if delivery is not None:
                yield _read(journal, delivery)


def is_due(standing: Standing) -> bool:
    """Whether this translation may make more of it than was made before."""
    if standing.outcome == "quarantined":
        return standing.reason not in {UNSIGNED, BODY_ERASED} and standing.translation <= TRANSLATION_VERSION
    return standing.translation < TRANSLATION_VERSION or standing.reason == AWAITS_FORMAT_LEVEL


def _read(journal: Journal, delivery: Delivery) -> _Due:
    # A person said what it is; a better translation does not unsay it.
    said = [outcome for outcome in reversed(delivery.outcomes) if outcome.released_by]
    event_type = next((outcome.released_type for outcome in said if outcome.released_type), None)
    distinct = any(outcome.released_distinct for outcome in said)
    streams = journal.streams({event.stream_id for event in delivery.events})
    recorded = tuple(
        event for stream in streams.values() for event in stream if event.delivery_id == delivery.delivery_id
    )
    reading = translate_again(journal, delivery, event_type=event_type, distinct=distinct)
    return _Due(delivery, reading, recorded)


def _batches(due: Iterable[_Due]) -> Iterator[list[_Due]]:
    batch: list[_Due] = []
    events = 0
    for each in due:
        size = len(each.reading.events) + len(each.recorded)
        if batch and (len(batch) >= BATCH_DELIVERIES_MAX or events + size > BATCH_EVENTS_MAX):
            yield batch
            batch, events = [], 0
        batch.append(each)
        events += size
    if batch:
        yield batch


def _changes(tx: Transaction, batch: Sequence[_Due], claims: Claims) -> list[Reread]:
    keys = [key for due in batch if (key := due.reading.dedupe_key) is not None]
    known = claims.known(keys) | tx.known_keys(keys)
    changes = []
    for due in batch:
        delivery_id = due.delivery.delivery_id
        last = tx.last_outcome(delivery_id.bytes)
        # Someone may have released or translated it meanwhile.
        if last is not None and last.number == due.delivery.outcome.number:
            change = reread(delivery_id, due.reading, last=last, known=known, recorded=due.recorded)
            changes += [change] if change.is_new else []
    return changes


def _write(tx: Transaction, batch: Sequence[_Due], changes: Sequence[Reread]) -> None:
    streams = streams_of(changes)
    sheet = Sheet(tx.clock(), tx.heads(streams) if streams else {})
    for change in changes:
        enter(sheet, change)
    sheet.bytes += _bytes(tx, batch, changes)
    sheet.write(tx)


def _bytes(tx: Transaction, batch: Sequence[_Due], changes: Sequence[Reread]) -> list[BytesRow]:
    """Claims of what is quarantined now, so that the same bytes are a repeat of it when they are sent again."""
    reasons = {change.delivery_id: change.reason for change in changes if change.is_newly_quarantined}
    claims = {
        bytes_key(due.delivery, reasons[due.delivery.delivery_id]): due.delivery.delivery_id.bytes
        for due in batch
        if due.delivery.delivery_id in reasons
    }
    known = tx.known_bytes(list(claims)) if claims else {}
    return [BytesRow(key, delivery_id) for key, delivery_id in claims.items() if key not in known]


def _claims(change: Reread) -> Iterator[tuple[bytes, Known]]:
    key = change.reading.dedupe_key
    if change.claims_key and key is not None:
        reading = change.reading
        yield key, Known(change.delivery_id.bytes, reading.content_digest, reading.outcome, reading.reason, None)


def _counted(done: Retranslation, read: int, changes: Sequence[Reread]) -> Retranslation:
    return Retranslation(
        read=done.read + read,
        changed=done.changed + sum(change.is_told_otherwise for change in changes),
        recorded=done.recorded
        + sum(change.outcome == "recorded" and change.last.outcome != "recorded" for change in changes),
        events=done.events + sum(len(change.added.all) for change in changes),
        superseding=done.superseding + sum(len(change.added.superseding) for change in changes),
        withdrawing=done.withdrawing + sum(len(change.added.withdrawing) for change in changes),
        quarantined=done.quarantined + sum(change.is_newly_quarantined for change in changes),
    )
