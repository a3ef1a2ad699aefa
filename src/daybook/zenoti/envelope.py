"""The envelope around what Zenoti tells, or its absence: who says what it is, and under which identity."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

import msgspec

from daybook.domain.identity import means_none
from daybook.zenoti.document import UnreadableError, canonical
from daybook.zenoti.reading import read_id

TYPE_CHARS_MAX: Final = 200
_FORBIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Message(msgspec.Struct, frozen=True):
    """One body, opened. A bare one has its type from the URL, its identity from its content, no time of its own."""

    enveloped: bool
    event_type: str | None
    data: Any
    content_digest: bytes
    event_id: str | None = None
    event_schema: str | None = None
    event_timestamp: object = None
    url_differs: bool = False
    """The URL tells another type than the envelope, whose own one counts."""


def open_envelope(body: Any, url_type: str | None) -> Message:  # noqa: ANN401  any JSON value
    """The message in a body: enveloped where it is an object with an object `data` and a text `event_type`.

    Raises `UnreadableError` with the reason `invalid_type` or `invalid_id`.
    """
    told_type = read_type(url_type)
    if not (isinstance(body, dict) and isinstance(body.get("data"), dict) and isinstance(body.get("event_type"), str)):
        digest = hashlib.sha256(canonical(body)).digest()
        return Message(enveloped=False, event_type=told_type, data=body, content_digest=digest)
    own_type = read_type(body["event_type"])
    event_id = read_id(body.get("event_id"), "event_id")
    schema = body.get("event_schema")
    # The envelope's `id` is of the call, not of the event: two webhooks tell one event under two of them.
    content = {key: value for key, value in body.items() if key != "id"}
    return Message(
        enveloped=True,
        event_type=own_type or told_type,
        url_differs=bool(own_type and told_type and own_type.lower() != told_type.lower()),
        event_id=None if event_id is None or means_none(event_id) else event_id,
        event_schema=schema if isinstance(schema, str) and len(schema) <= TYPE_CHARS_MAX else None,
        event_timestamp=body.get("event_timestamp"),
        data=body["data"],
        content_digest=hashlib.sha256(canonical(content)).digest(),
    )


def read_type(value: str | None) -> str | None:
    """An event type, trimmed; None for an empty one. Raises `UnreadableError` with the reason `invalid_type`."""
    text = (value or "").strip()
    if len(text) > TYPE_CHARS_MAX or _FORBIDDEN.search(text):
        raise UnreadableError(
            "invalid_type", f"the event type is longer than {TYPE_CHARS_MAX} characters or holds control characters"
        )
    return text or None


def dedupe_key(source: str, message: Message, *, distinct: bool) -> bytes:
    """The 32 bytes under which a delivery is known: of its event where it names one, else of its content."""
    event_type = (message.event_type or "").lower()
    if message.event_id is None:
        return _tagged_digest(b"content", source.encode(), event_type.encode(), message.content_digest)
    parts = [source.encode(), event_type.encode(), message.event_id.encode()]
    return _tagged_digest(b"distinct", *parts, message.content_digest) if distinct else _tagged_digest(b"event", *parts)


def _tagged_digest(tag: bytes, *parts: bytes) -> bytes:
    digest = hashlib.sha256(b"daybook:")
    for part in (tag, *parts):
        digest.update(len(part).to_bytes(8) + part)
    return digest.digest()
