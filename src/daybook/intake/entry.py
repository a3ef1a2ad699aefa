"""One delivery ready to be written down: its provenance, its translation, and its events already encoded."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from daybook.domain.events import Event
from daybook.intake.authentication import Authentication
from daybook.intake.call import Call
from daybook.journal.entries import Delivery
from daybook.journal.mapper import encode_event
from daybook.journal.rows import Provenance
from daybook.journal.store import WebhookKey
from daybook.journal.uuid7 import uuid7
from daybook.journal.vocabulary import FORMAT_LEVEL
from daybook.zenoti.translate import Told, Translation, translate

HEADERS_BYTES_MAX: Final = 8_192
UNSIGNED: Final = "unsigned"
COULD_NOT_BE_STORED: Final = "could_not_be_stored"
AWAITS_FORMAT_LEVEL: Final = "format_level"
"""Why a delivery is kept that would be recorded otherwise."""
_BYTES_TAG: Final = b"daybook quarantined bytes\0"
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_INSTANT_MAX_NS: Final = (1 << 63) - 1
_encode: Final = msgspec.json.Encoder().encode


class EncodedEvent(NamedTuple):
    """An event as the journal stores it."""

    originator_id: bytes
    topic: str
    state: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """What the writer takes."""

    delivery_id: UUID
    provenance: Provenance
    body: bytes
    translation: Translation
    events: tuple[EncodedEvent, ...]
    webhook: WebhookKey | None
    """Whose run of refusals this delivery ends; None where it proves nothing (an import, a wrong signature)."""


def prepare(call: Call, checked: Authentication, webhook: WebhookKey | None, format_level: int = FORMAT_LEVEL) -> Entry:
    """Translate and encode, outside the lock. `format_level` is the journal's."""
    delivery_id = uuid7(call.arrived_at_ns)
    told = Told(
        source=call.source,
        url_type=call.url_type,
        body=call.body,
        arrived_at_ns=call.arrived_at_ns,
        delivery_id=delivery_id,
        origin=call.origin,
        signature=checked.signature,
    )
    translation = writable(translate(told), format_level)
    if checked.signature == "unsigned":
        translation = _unproven(translation)
    provenance = _provenance(call, checked)
    try:
        events = encoded(translation.events)
    except (ValueError, TypeError, OverflowError) as error:
        return unstorable(Entry(delivery_id, provenance, call.body, translation, (), webhook), error)
    return Entry(delivery_id, provenance, call.body, translation, events, webhook)


def writable(translation: Translation, format_level: int) -> Translation:
    """The same reading; kept, to be translated again, where older processes could not read an event of it."""
    for event in translation.events:
        if format_level < event.LEVEL:
            detail = "older processes could not read its events yet; after `daybook migrate`, run `daybook translate`"
            return msgspec.structs.replace(
                translation, outcome="kept", events=(), reason=AWAITS_FORMAT_LEVEL, detail=detail
            )
    return translation


def encoded(events: tuple[Event, ...]) -> tuple[EncodedEvent, ...]:
    """Events as the journal stores them."""
    return tuple(EncodedEvent(event.originator_id.bytes, event.TOPIC, encode_event(event)) for event in events)


def unstorable(entry: Entry, error: Exception) -> Entry:
    """The same delivery as it can always be stored: quarantined, with its body, without what may have failed."""
    texts: dict[str, Any] = {
        name: _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
        for name, value in entry.provenance._asdict().items()
        if isinstance(value, str)
    }
    arrived_at_ns = max(-_INSTANT_MAX_NS, min(entry.provenance.arrived_at_ns, _INSTANT_MAX_NS))
    translation = Translation(
        outcome="quarantined",
        reason=COULD_NOT_BE_STORED,
        detail=f"what the body tells could not be stored ({type(error).__name__})",
    )
    provenance = entry.provenance._replace(**texts, arrived_at_ns=arrived_at_ns)
    webhook = entry.webhook and webhook_of(provenance.source, provenance.url_type, provenance.via)
    return replace(entry, provenance=provenance, translation=translation, events=(), webhook=webhook)


def quarantined(translation: Translation, reason: str, detail: str) -> Translation:
    """The same reading, but nothing follows from it and it claims no key."""
    return msgspec.structs.replace(
        translation, outcome="quarantined", events=(), dedupe_key=None, reason=reason, detail=detail
    )


def bytes_key(provenance: Provenance | Delivery, reason: str | None) -> bytes:
    """Under which a quarantined delivery is compared: the same bytes, refused for the same reason."""
    parts = (provenance.source, provenance.url_type or "", reason or "")
    head = b"".join(len(part := text.encode()).to_bytes(4, "big") + part for text in parts)
    return hashlib.sha256(_BYTES_TAG + head + provenance.body_digest).digest()


def webhook_of(source: str, url_type: str | None, via: str | None) -> WebhookKey:
    """The webhook as Zenoti counts its failures."""
    return WebhookKey(source, url_type or "", via or "")


def _unproven(translation: Translation) -> Translation:
    detail = "the signature is missing or wrong; release it to vouch for it"
    if translation.outcome == "quarantined" and translation.detail:
        detail = f"{detail} (also: {translation.detail})"
    return quarantined(translation, UNSIGNED, detail)


def _provenance(call: Call, checked: Authentication) -> Provenance:
    headers = _encode(call.headers)
    kept = list(call.headers)
    while len(headers) > HEADERS_BYTES_MAX:
        kept.pop()
        headers = _encode(kept)
    return Provenance(
        source=call.source,
        url_type=call.url_type,
        via=call.via,
        method=call.method,
        path=call.path,
        peer=call.peer,
        headers=headers,
        origin=call.origin,
        signature=checked.signature,
        signature_header=checked.header,
        secret_fingerprint=checked.secret_fingerprint,
        arrived_at_ns=call.arrived_at_ns,
        body_digest=hashlib.sha256(call.body).digest(),
        body_bytes=len(call.body),
    )
