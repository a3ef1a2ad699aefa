"""A better translation goes through what was kept: every delivery still has its body, so nothing is lost by time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from daybook.domain.events import Event
from daybook.errors import UnknownDeliveryError
from daybook.intake.entry import UNSIGNED
from daybook.intake.release import translate_again
from daybook.intake.rereading import Reread, reread
from daybook.journal import Journal
from daybook.journal.entries import Delivery, OutcomeName
from daybook.journal.store import Transaction
from daybook.zenoti.translate import TRANSLATION_VERSION, Translation

BATCH_DELIVERIES_MAX: Final = 100
"""Per transaction; the lock is let go in between."""


@dataclass(frozen=True, slots=True)
class Retranslation:
    """What was done so far."""

    read: int = 0
    changed: int = 0
    """Deliveries with a new outcome."""
    recorded: int = 0
    """Deliveries that are recorded now and were not before."""
    events: int = 0


@dataclass(frozen=True, slots=True)
class _Due:
    delivery: Delivery
    reading: Translation
    recorded: tuple[Event, ...]


def retranslate(
    journal: Journal, outcomes: Collection[OutcomeName], *, source: str | None, dry_run: bool
) -> Iterator[Retranslation]:
    """Translate again, in order of arrival, what has one of these outcomes; yields after each transaction.

    Kept and recorded deliveries are read only by a newer version than before. Quarantined ones always are, but for
    those without a valid signature, which only a person can vouch for.
    """
    done = Retranslation()
    after = None
    while batch := journal.inbox.select_after(
        after, outcomes_wanted=outcomes, source=source, limit=BATCH_DELIVERIES_MAX
    ):
        after = batch[-1].delivery_id
        due = [_read(journal, delivery) for delivery in batch if _is_due(delivery)]
        changes = _write(journal, due, dry_run=dry_run)
        done = Retranslation(
            read=done.read + len(batch),
            changed=done.changed + len(changes),
            recorded=done.recorded + sum(_is_newly_recorded(*change) for change in changes),
            events=done.events + sum(change.events for _, change in changes),
        )
        yield done


def _is_due(delivery: Delivery) -> bool:
    if delivery.outcome.outcome == "quarantined":
        return delivery.outcome.reason != UNSIGNED
    return delivery.outcome.translation < TRANSLATION_VERSION


def _read(journal: Journal, listed: Delivery) -> _Due:
    delivery = journal.inbox.delivery(listed.delivery_id)
    if delivery is None:
        raise UnknownDeliveryError
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


def _write(journal: Journal, due: Sequence[_Due], *, dry_run: bool) -> list[tuple[_Due, Reread]]:
    changes: list[tuple[_Due, Reread]] = []
    try:
        with journal.transaction() as tx:
            changes += ((each, change) for each in due if (change := _reread(tx, each)) is not None)
            if dry_run:
                raise _DryRunError  # noqa: TRY301  the transaction ends by it
    except _DryRunError:
        pass
    return changes


def _reread(tx: Transaction, due: _Due) -> Reread | None:
    last = tx.last_outcome(due.delivery.delivery_id.bytes)
    if last is None or last.number != due.delivery.outcome.number:
        # Someone released it meanwhile.
        return None
    change = reread(tx, due.delivery.delivery_id, due.reading, last=last, recorded=due.recorded)
    return change if change.is_new else None


def _is_newly_recorded(due: _Due, change: Reread) -> bool:
    return change.answer.status == "recorded" and due.delivery.outcome.outcome != "recorded"


class _DryRunError(Exception):
    """Ends a transaction without committing it."""
