"""What reads answer about the inbox: a delivery, its provenance, and what became of it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from daybook.domain.events import Origin, Signature
from daybook.domain.identity import Kind
from daybook.domain.instants import format_instant
from daybook.journal import entries
from daybook.journal.entries import OutcomeName
from daybook.web.shapes import Instant, Page, Position, Version
from daybook.web.shaping import instant


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where one call came from."""

    arrived_at: Instant
    recorded_at: Instant
    url_type: Annotated[str | None, Meta(description="The type in its URL.")]
    via: Annotated[str | None, Meta(description="The label in its URL.")]
    method: Annotated[str, Meta(examples=["POST"])]
    path: str
    peer: Annotated[str | None, Meta(description="Address of the caller.")]
    origin: Origin
    signature: Signature
    secret_fingerprint: Annotated[str | None, Meta(description="Of the secret that matched.")]
    body_bytes: int
    body_sha256: str


class Delivery(Provenance, frozen=True, kw_only=True):
    """One webhook call, and what became of it last."""

    delivery_id: str
    source: str
    event_type: Annotated[str | None, Meta(description="Zenoti's, as read.", examples=["Class.Booking.NoShow"])]
    event_id: str | None
    event_schema: str | None
    occurred_at: Instant | None
    outcome: OutcomeName
    reason: Annotated[str | None, Meta(description="Why it is quarantined, as a code.", examples=["not_json"])]
    detail: Annotated[str | None, Meta(description="The same in words.")]
    position: Annotated[int | None, Meta(description="Of its last event.")]
    repeats: Annotated[int, Meta(description="How often it was told again.")]


class Deliveries(Page, frozen=True, kw_only=True):
    """A page of deliveries."""

    items: list[Delivery]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a delivery, once."""

    outcome: OutcomeName
    reason: str | None
    detail: str | None
    event_type: str | None
    translation: Annotated[int, Meta(description="Version of the translation that read it.")]
    released_by: Annotated[str | None, Meta(description="Name of the token that vouched for it, or `cli`.")]
    released_type: str | None
    released_distinct: bool
    repeat_of: Annotated[str | None, Meta(description="The delivery that told the same before.")]
    events: Annotated[int, Meta(description="How many were recorded.")]
    recorded_at: Instant


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """One event that a delivery made."""

    position: Position
    version: Version
    type: Annotated[str, Meta(examples=["Registration.NoShow"])]
    kind: Kind
    subject_id: Annotated[str, Meta(description="Of the registration or appointment.", examples=["43987"])]


class WholeDelivery(Delivery, frozen=True, kw_only=True):
    """One delivery with all that is known of it."""

    headers: Annotated[list[tuple[str, str]], Meta(description="As sent, but for authorization and cookies.")]
    outcomes: Annotated[list[Outcome], Meta(description="In their order; the last one holds.")]
    calls: Annotated[list[Provenance], Meta(description="The further calls of it, the newest first.")]
    recorded: Annotated[list[Recorded], Meta(description="The events that it made.")]


def summary(delivery: entries.Delivery) -> Delivery:
    """A delivery as it stands in a list."""
    return Delivery(**_provenance(delivery), **_told(delivery))


def whole(delivery: entries.Delivery, recorded: list[Recorded]) -> WholeDelivery:
    """A delivery as it is shown alone."""
    return WholeDelivery(
        **_provenance(delivery),
        **_told(delivery),
        headers=[(name, value) for name, value in delivery.headers],
        outcomes=[_outcome(outcome) for outcome in delivery.outcomes],
        calls=[Provenance(**_provenance(repeat)) for repeat in delivery.repeats],
        recorded=recorded,
    )


def _provenance(call: entries.Call) -> dict[str, Any]:
    return {
        "arrived_at": format_instant(call.arrived_at_ns),
        "recorded_at": format_instant(call.recorded_at_ns),
        "url_type": call.url_type,
        "via": call.via,
        "method": call.method,
        "path": call.path,
        "peer": call.peer,
        "origin": call.origin,
        "signature": call.signature,
        "secret_fingerprint": call.secret_fingerprint,
        "body_bytes": call.body_bytes,
        "body_sha256": call.body_digest.hex(),
    }


def _told(delivery: entries.Delivery) -> dict[str, Any]:
    last = delivery.outcome
    return {
        "delivery_id": str(delivery.delivery_id),
        "source": delivery.source,
        "event_type": last.event_type or delivery.event_type,
        "event_id": delivery.event_id,
        "event_schema": delivery.event_schema,
        "occurred_at": instant(delivery.occurred_at_ns),
        "outcome": last.outcome,
        "reason": last.reason,
        "detail": last.detail,
        "position": last.last_position,
        "repeats": delivery.repeat_count,
    }


def _outcome(outcome: entries.Outcome) -> Outcome:
    return Outcome(
        outcome=outcome.outcome,
        reason=outcome.reason,
        detail=outcome.detail,
        event_type=outcome.event_type,
        translation=outcome.translation,
        released_by=outcome.released_by,
        released_type=outcome.released_type,
        released_distinct=outcome.released_distinct,
        repeat_of=str(outcome.repeat_of) if outcome.repeat_of else None,
        events=outcome.events,
        recorded_at=format_instant(outcome.recorded_at_ns),
    )
