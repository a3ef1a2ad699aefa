"""A person takes a delivery out of the quarantine: it is translated again, and the outcome names who vouched."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from daybook.domain.events import Origin, Signature
from daybook.errors import NotQuarantinedError, UnknownDeliveryError
from daybook.intake.call import Answer
from daybook.intake.entry import UNSIGNED, writable
from daybook.intake.recording import Sheet
from daybook.intake.rereading import BODY_ERASED, Vouching, answer_of, enter, reread, streams_of
from daybook.intake.shapes import Shapes, kind_of
from daybook.journal import Journal
from daybook.journal.entries import Delivery
from daybook.zenoti.translate import TRANSLATION_VERSION, Told, Translation, translate


def release(
    journal: Journal, delivery_id: UUID, *, source: str, event_type: str | None, distinct: bool, by: str
) -> Answer:
    """Translate a quarantined delivery again, with the type and as the distinct event that a person says it is.

    What stays quarantined for the same reason leaves no trace; for another reason, a new outcome.
    """
    delivery = journal.inbox.delivery(delivery_id, source)
    if delivery is None:
        raise UnknownDeliveryError
    reading = translate_again(journal, delivery, event_type=event_type, distinct=distinct)
    with journal.transaction() as tx:
        last = tx.last_outcome(delivery_id.bytes)
        if last is None or last.outcome != "quarantined":
            raise NotQuarantinedError
        known = tx.known_keys([reading.dedupe_key]) if reading.dedupe_key is not None else {}
        change = reread(delivery_id, reading, last=last, known=known)
        if not change.is_new:
            return answer_of(change, last.last_position)
        streams = streams_of([change])
        sheet = Sheet(tx.clock(), tx.heads(streams) if streams else {})
        if last.reason == UNSIGNED and reading.shape is not None:
            # Somebody vouches for it now, so what it looks like counts.
            Shapes().take(tx, {(kind_of(reading), reading.shape): 1}, sheet.now_ns)
        answer = enter(sheet, change, Vouching(by, event_type, distinct))
        sheet.write(tx)
        return answer


def translate_again(
    journal: Journal, delivery: Delivery, *, event_type: str | None = None, distinct: bool = False
) -> Translation:
    """The reading of a delivery by the current translation; it keeps the time of its first arrival."""
    body = journal.inbox.body(delivery.delivery_id)
    if body is None:
        return Translation(
            outcome="quarantined", reason=BODY_ERASED, detail="the body was erased", version=TRANSLATION_VERSION
        )
    told = Told(
        source=delivery.source,
        url_type=event_type or delivery.url_type,
        body=body,
        arrived_at_ns=delivery.arrived_at_ns,
        delivery_id=delivery.delivery_id,
        origin=cast("Origin", delivery.origin),
        signature=cast("Signature", delivery.signature),
        distinct=distinct,
    )
    return writable(translate(told), journal.format_level)
