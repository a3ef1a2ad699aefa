"""Rows as the write port takes them: plain tuples in the order of their table's columns, ids as 16 bytes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias


class Provenance(NamedTuple):
    """Where a call came from; the same columns of a delivery and of a repeat. `recorded_at_ns` is not among them."""

    source: str
    url_type: str | None
    via: str | None
    method: str
    path: str
    peer: str | None
    headers: bytes
    """JSON, a list of [name, value]."""
    origin: str
    signature: str
    signature_header: str | None
    secret_fingerprint: str | None
    arrived_at_ns: int
    body_digest: bytes
    """SHA-256 of the raw body."""
    body_bytes: int


class DeliveryRow(NamedTuple):
    """One webhook call that was not told before."""

    delivery_id: bytes
    source: str
    url_type: str | None
    via: str | None
    method: str
    path: str
    peer: str | None
    headers: bytes
    origin: str
    signature: str
    signature_header: str | None
    secret_fingerprint: str | None
    arrived_at_ns: int
    body_digest: bytes
    body_bytes: int
    event_type: str | None
    event_id: str | None
    event_schema: str | None
    occurred_at_ns: int | None
    content_digest: bytes | None
    recorded_at_ns: int


class BodyRow(NamedTuple):
    """The raw body of a delivery."""

    delivery_id: bytes
    body: bytes


class RepeatRow(NamedTuple):
    """One further call of a delivery; its body is not stored, its digest is."""

    delivery_id: bytes
    repeat_id: bytes
    source: str
    url_type: str | None
    via: str | None
    method: str
    path: str
    peer: str | None
    headers: bytes
    origin: str
    signature: str
    signature_header: str | None
    secret_fingerprint: str | None
    arrived_at_ns: int
    body_digest: bytes
    body_bytes: int
    recorded_at_ns: int


class OutcomeRow(NamedTuple):
    """What became of a delivery; `number` counts the outcomes of one delivery from 1, and the last one holds."""

    delivery_id: bytes
    number: int
    outcome: str
    reason: str | None
    detail: str | None
    event_type: str | None
    translation: int
    released_by: str | None
    released_type: str | None
    released_distinct: bool
    repeat_of: bytes | None
    events: int
    """How many events this outcome recorded, at the positions `first_position` to `last_position`."""
    first_position: int | None
    last_position: int | None
    """The position of the delivery's last event so far: an outcome without events takes it over."""
    recorded_at_ns: int


class KeyRow(NamedTuple):
    """The claim of a dedupe key, for good."""

    dedupe_key: bytes
    delivery_id: bytes
    content_digest: bytes | None


class BytesRow(NamedTuple):
    """The first delivery of bytes that were quarantined for one reason."""

    bytes_key: bytes
    delivery_id: bytes


class EventRow(NamedTuple):
    """One event at its place."""

    position: int
    originator_id: bytes
    originator_version: int
    topic: str
    state: bytes
    delivery_id: bytes
    recorded_at_ns: int


class HeardRow(NamedTuple):
    """A webhook got through: the run of its refusals is over. `''` stands for no type and no label."""

    source: str
    event_type: str
    via: str
    heard_at_ns: int
    signature: str


class TallyRow(NamedTuple):
    """What else was counted of one webhook since the last flush."""

    source: str
    event_type: str
    via: str
    refusals: int
    refusals_in_row: int
    last_refused_ns: int | None
    last_refusal_status: int | None
    last_refusal_reason: str | None
    last_ping_ns: int | None
    last_unsigned_ns: int | None


class RefusalRow(NamedTuple):
    """One refused call; never more of it than its size and hash."""

    refused_at_ns: int
    source: str
    event_type: str
    via: str
    http_status: int
    reason: str
    body_bytes: int
    body_sha256: bytes | None


class ShapeRow(NamedTuple):
    """A shape of payloads was seen; `''` stands for no event type and no event schema."""

    event_type: str
    event_schema: str
    shape: str
    paths: str
    """JSON, a list."""
    deliveries: int
    seen_at_ns: int


class TypeRow(NamedTuple):
    """A value of this JSON type was seen at this path of a payload."""

    event_type: str
    event_schema: str
    path: str
    json_type: str
    first_seen_ns: int


AppendedRow: TypeAlias = DeliveryRow | BodyRow | RepeatRow | OutcomeRow | KeyRow | BytesRow | EventRow | RefusalRow

TABLE_NAMES: Final[Mapping[type[AppendedRow], str]] = MappingProxyType(
    {
        DeliveryRow: "deliveries",
        BodyRow: "bodies",
        RepeatRow: "repeats",
        OutcomeRow: "outcomes",
        KeyRow: "keys",
        BytesRow: "quarantined_bytes",
        EventRow: "events",
        RefusalRow: "refusals",
    }
)
