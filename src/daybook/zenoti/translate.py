"""From one delivery to domain events: the only place that decides what a body means. Pure, and never raises."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec.structs import replace

from daybook.domain.events import Event, Origin, Signature, TimeBasis
from daybook.domain.instants import parse_instant
from daybook.errors import InvalidInstantError
from daybook.zenoti import appointment, appointment_group, class_booking, class_schedule, feedback
from daybook.zenoti.document import UnreadableError, parse
from daybook.zenoti.envelope import Message, dedupe_key, open_envelope
from daybook.zenoti.reading import Notes
from daybook.zenoti.shape import Shape, shape_of
from daybook.zenoti.subjects import Telling

TRANSLATION_VERSION: Final = 2
"""Raised whenever a body would be read otherwise than before, so that deliveries can be translated again."""

Outcome: TypeAlias = Literal["recorded", "kept", "quarantined"]
_Translator: TypeAlias = Callable[[Mapping[str, Any], Telling], Sequence[Event]]


class Told(msgspec.Struct, frozen=True):
    """One delivery, as far as its translation needs it."""

    source: str
    url_type: str | None
    body: bytes
    arrived_at_ns: int
    delivery_id: UUID
    origin: Origin
    signature: Signature
    distinct: bool = False
    """A conflict that a person let in: the content's digest goes into its key and its tie-break."""


class Translation(msgspec.Struct, frozen=True):
    """What a delivery means. Its events have their stream's id, but no version, position or time of recording yet."""

    outcome: Outcome
    events: tuple[Event, ...] = ()
    dedupe_key: bytes | None = None
    """32 bytes; None for what is quarantined, which claims none."""
    content_digest: bytes | None = None
    event_type: str | None = None
    event_id: str | None = None
    event_schema: str | None = None
    occurred_at_ns: int | None = None
    reason: str | None = None
    """Code of a quarantine, e.g. `not_json`."""
    detail: str | None = None
    version: int = TRANSLATION_VERSION
    shape: Shape | None = None
    """Of the whole body; None for what is not JSON, and for a single value."""


def translate(told: Told) -> Translation:
    """The meaning of one delivery; whatever cannot be understood is quarantined with the reason."""
    opened = _UNOPENED
    try:
        body = parse(told.body)
        shape = shape_of(body)
        opened = Translation("quarantined", shape=shape)
        message = open_envelope(body, told.url_type)
        opened = Translation(
            "quarantined",
            shape=shape,
            content_digest=message.content_digest,
            event_type=message.event_type,
            event_id=message.event_id,
            event_schema=message.event_schema,
        )
        return _interpret(told, message, opened)
    except UnreadableError as error:
        return replace(opened, reason=error.reason, detail=str(error))
    except Exception as error:  # noqa: BLE001  intake must go on; the body is kept and the reason names the bug
        return replace(opened, reason="translation_failed", detail=f"the translation failed ({type(error).__name__})")


def _interpret(told: Told, message: Message, opened: Translation) -> Translation:
    if message.event_type is None:
        raise UnreadableError(
            "missing_type", "the body names no event type and neither does its URL; release it with a type"
        )
    notes = Notes()
    if message.url_differs:
        notes.add("the URL tells another event type than the envelope, whose own counts")
    known = _TRANSLATORS.get(message.event_type.lower())
    if known is None:
        notes.add("an event of this type is not translated")
        key = dedupe_key(told.source, message, distinct=told.distinct)
        return replace(opened, outcome="kept", dedupe_key=key, detail=notes.text())
    event_type, translator = known
    message = replace(message, event_type=event_type)
    occurred_at_ns, time_basis = _time(told, message)
    if not isinstance(message.data, dict):
        raise UnreadableError("no_subject", "the body is not an object, so it names nothing that the event is about")
    common = _common(told, message, occurred_at_ns, time_basis)
    events = translator(message.data, Telling(told.source, common, notes))
    return replace(
        opened,
        outcome="recorded",
        events=tuple(events),
        dedupe_key=dedupe_key(told.source, message, distinct=told.distinct),
        event_type=event_type,
        occurred_at_ns=occurred_at_ns,
        detail=notes.text(),
    )


def _time(told: Told, message: Message) -> tuple[int, TimeBasis]:
    """When it happened: the envelope's time, or for a bare body its first arrival."""
    if not message.enveloped:
        return told.arrived_at_ns, "arrival"
    try:
        return parse_instant(message.event_timestamp), "event"
    except InvalidInstantError as error:
        raise UnreadableError("invalid_time", f"event_timestamp: {error}") from None


def _common(told: Told, message: Message, occurred_at_ns: int, time_basis: TimeBasis) -> dict[str, Any]:
    by_content = message.event_id is None or told.distinct
    return {
        "source": told.source,
        "delivery_id": told.delivery_id,
        "zenoti_type": message.event_type,
        "event_id": message.event_id,
        "content_digest": message.content_digest.hex() if by_content else None,
        "occurred_at_ns": occurred_at_ns,
        "time_basis": time_basis,
        "origin": told.origin,
        "signature": told.signature,
        "translation": TRANSLATION_VERSION,
    }


_FAMILIES: Final[tuple[Any, ...]] = (appointment, appointment_group, class_booking, class_schedule, feedback)
"""Modules with `TYPES`, Zenoti's type to the event that it tells, and `events(event_type, data, telling)`."""


def _translators() -> dict[str, tuple[str, _Translator]]:
    """By lower-cased type: the type as Zenoti documents it, and what reads its data."""
    found: dict[str, tuple[str, _Translator]] = {}
    for family in _FAMILIES:
        for name, event_type in family.TYPES.items():
            found[name.lower()] = name, partial(family.events, event_type)
    return found


_TRANSLATORS: Final = MappingProxyType(_translators())
_UNOPENED: Final = Translation("quarantined")
