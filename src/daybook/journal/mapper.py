"""Between events and their stored form: msgspec at the current class version, dicts and upcasts for older ones."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, Notification, StoredEvent
from eventsourcing.utils import register_topic
from msgspec.structs import force_setattr

from daybook.domain.events import Event
from daybook.errors import EventNewerError, EventUnreadableError, FormatLevelError
from daybook.journal.vocabulary import VOCABULARY, Vocabulary

PLAIN: Final = "plain"
_GIVEN: Final = ("originator_id", "originator_version", "position", "recorded_at_ns")
"""What the journal gives an event; it has columns of its own."""
_ENCODER: Final = msgspec.json.Encoder()
_NONE: Final = UUID(int=0)
for _topic, _event_type in VOCABULARY.event_types.items():
    # For whoever asks the library what a topic stands for.
    register_topic(_topic, _event_type)


@dataclass(frozen=True, slots=True)
class RecordableEvent(StoredEvent):
    """A stored event on its way into the journal."""

    delivery_id: UUID = _NONE


@dataclass(frozen=True, slots=True)
class RecordedEvent(Notification):
    """A stored event with its place in the journal, which is its `id`."""

    delivery_id: UUID = _NONE
    recorded_at_ns: int = 0
    encoding: str = PLAIN


class StructMapper(Mapper[UUID]):
    """The library's mapper for frozen Structs, which have no `__dict__` to write and check no version when read."""

    def __init__(self, vocabulary: Vocabulary = VOCABULARY, format_level: Callable[[], int] | None = None) -> None:
        """`format_level` is the store's; without it, the vocabulary's own.

        Raises `EventCodeError` where an event that was ever written could not be read.
        """
        super().__init__(transcoder=JSONTranscoder())
        vocabulary.check()
        self._format_level = format_level or (lambda: vocabulary.level)
        # Of its own: the library's table would import whatever a topic names.
        self._decoders: dict[str, tuple[type[Event], msgspec.json.Decoder[Event]]] = {
            topic: (event_type, msgspec.json.Decoder(event_type))
            for topic, event_type in vocabulary.event_types.items()
        }

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> RecordableEvent:
        """The event without what the journal gives it."""
        if not isinstance(domain_event, Event):
            raise TypeError("the journal records daybook's own events only")
        if self._format_level() < domain_event.LEVEL:
            raise FormatLevelError
        return RecordableEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=domain_event.TOPIC,
            state=encode_event(domain_event),
            delivery_id=domain_event.delivery_id,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Event:
        """The event with what the journal gave it.

        Raises `EventNewerError` for a topic, a class version or an encoding that this code does not know, and
        `EventUnreadableError` for a state that cannot be decoded.
        """
        event = self._decode(stored_event)
        force_setattr(event, "originator_id", stored_event.originator_id)
        force_setattr(event, "originator_version", stored_event.originator_version)
        if isinstance(stored_event, RecordedEvent):
            force_setattr(event, "position", stored_event.id)
            force_setattr(event, "recorded_at_ns", stored_event.recorded_at_ns)
        return event

    def _decode(self, stored: StoredEvent) -> Event:
        known = self._decoders.get(stored.topic)
        if known is None:
            raise EventNewerError(f"{_place(stored)} is of a type that this daybook does not know: {stored.topic}")
        event_type, decoder = known
        if getattr(stored, "encoding", PLAIN) != PLAIN:
            raise EventNewerError(f"{_place(stored)} is stored in an encoding that this daybook does not know")
        try:
            event = decoder.decode(stored.state)
        except msgspec.MsgspecError:
            # An older class version may lack what the current one asks for.
            return _upcast(event_type, stored)
        return event if event.class_version == event_type.CLASS_VERSION else _upcast(event_type, stored)


def encode_event(event: Event) -> bytes:
    """The stored state of an event; the same event always gives the same bytes."""
    told = copy.copy(event)
    for name in _GIVEN:
        force_setattr(told, name, msgspec.UNSET)
    return _ENCODER.encode(told)


def _upcast(event_type: type[Event], stored: StoredEvent) -> Event:
    try:
        state: dict[str, Any] = msgspec.json.decode(stored.state, type=dict[str, Any])
        version = int(state.get("class_version", 1))
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        raise EventUnreadableError(f"{_place(stored)} cannot be decoded") from error
    if version > event_type.CLASS_VERSION:
        raise EventNewerError(
            f"{_place(stored)} has class version {version}; this daybook knows {event_type.CLASS_VERSION}"
        )
    for known in range(version, event_type.CLASS_VERSION):
        getattr(event_type, f"upcast_v{known}_v{known + 1}")(state)
    state["class_version"] = event_type.CLASS_VERSION
    try:
        return msgspec.convert(state, event_type)
    except msgspec.MsgspecError as error:
        raise EventUnreadableError(f"{_place(stored)} cannot be decoded as {stored.topic}") from error


def _place(stored: StoredEvent) -> str:
    place = f"the event at position {stored.id}" if isinstance(stored, Notification) else "an event"
    return f"{place} (stream {stored.originator_id}, version {stored.originator_version})"
