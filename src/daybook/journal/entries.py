"""What the inbox holds, as values: deliveries, their outcomes and repeats, webhooks and refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

OutcomeName: TypeAlias = Literal["recorded", "kept", "quarantined", "repeat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a delivery, once; the last one holds."""

    number: int
    outcome: OutcomeName
    reason: str | None
    """Machine code of a quarantine, and of what is kept only for now."""
    detail: str | None
    event_type: str | None
    """Zenoti's type as the translation read it."""
    translation: int
    released_by: str | None
    """The name of the token that vouched, or `cli`."""
    released_type: str | None
    released_distinct: bool
    repeat_of: UUID | None
    events: int
    first_position: int | None
    last_position: int | None
    recorded_at_ns: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How one delivery stands: its last outcome, as far as a new translation asks for it."""

    delivery_id: UUID
    outcome: OutcomeName
    reason: str | None
    translation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Provenance: where a call came from."""

    source: str
    url_type: str | None
    via: str | None
    method: str
    path: str
    peer: str | None
    headers: tuple[tuple[str, str], ...]
    origin: str
    signature: str
    signature_header: str | None
    secret_fingerprint: str | None
    arrived_at_ns: int
    body_digest: bytes
    body_bytes: int
    recorded_at_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat(Call):
    """One further call of a delivery."""

    repeat_id: UUID
    delivery_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedAt:
    """Where one event of a delivery stands in the journal."""

    position: int
    stream_id: UUID
    version: int
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Call):
    """One webhook call; `outcomes`, `repeats` and `events` are only filled where one delivery is asked for."""

    delivery_id: UUID
    event_type: str | None
    event_id: str | None
    event_schema: str | None
    occurred_at_ns: int | None
    content_digest: bytes | None
    outcome: Outcome
    repeat_count: int
    outcomes: tuple[Outcome, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    """The newest ones, at most `REPEATS_MAX`."""
    events: tuple[RecordedAt, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Deliveries, newest arrival first; `before` asks for the next page, None where this was the last."""

    items: tuple[Delivery, ...]
    before: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookHealth:
    """What is known of one webhook; `event_type` is the one in its URL. Twenty refusals in a row deactivate it."""

    source: str
    event_type: str | None
    via: str | None
    passed_at_ns: int | None
    """When an authentic delivery first came through it; None for one that never passed."""
    last_heard_ns: int | None
    last_signature: str | None
    last_unsigned_ns: int | None
    last_ping_ns: int | None
    refusals: int
    refusals_in_row: int
    last_refused_ns: int | None
    last_refusal_status: int | None
    last_refusal_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedCall:
    """One refused call."""

    refused_at_ns: int
    source: str
    event_type: str | None
    via: str | None
    http_status: int
    reason: str
    body_bytes: int
    body_sha256: bytes | None
