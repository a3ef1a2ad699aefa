"""Between events and their stored form: msgspec at the current class version, dicts and upcasts for older ones."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, Notification, StoredEvent
from eventsourcing.utils import TopicError, get_topic, register_topic, resolve_topic
from msgspec.structs import force_setattr

from daybook.domain.aggregates import EVENT_TYPES
from daybook.domain.events import Event
from daybook.errors import EventNewerError, EventUnreadableError

PLAIN: Final = "plain"
_GIVEN: Final = ("originator_id", "originator_version", "position", "recorded_at_ns")
"""What the journal gives an event; it has columns of its own."""
_ENCODER: Final = msgspec.json.Encoder()
_NONE: Final = UUID(int=0)


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

    def __init__(self) -> None:
        super().__init__(transcoder=JSONTranscoder())
        self._decoders: dict[str, tuple[type[Event], msgspec.json.Decoder[Event]]] = {}
        for topic, event_type in EVENT_TYPES.items():
            register_topic(topic, event_type)

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> RecordableEvent:
        """The event without what the journal gives it."""
        if not isinstance(domain_event, Event):
            raise TypeError("the journal records daybook's own events only")
        return RecordableEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=get_topic(type(domain_event)),
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
        event_type, decoder = self._decoders.get(stored.topic) or self._learn(stored)
        if getattr(stored, "encoding", PLAIN) != PLAIN:
            raise EventNewerError(f"{_place(stored)} is stored in an encoding that this daybook does not know")
        try:
            event = decoder.decode(stored.state)
        except msgspec.MsgspecError:
            # An older class version may lack what the current one asks for.
            return _upcast(event_type, stored)
        return event if event.class_version == event_type.CLASS_VERSION else _upcast(event_type, stored)

    def _learn(self, stored: StoredEvent) -> tuple[type[Event], msgspec.json.Decoder[Event]]:
        try:
            event_type = resolve_topic(stored.topic)
        except (TopicError, AttributeError, ImportError):
            event_type = None
        if not (isinstance(event_type, type) and issubclass(event_type, Event)):
            raise EventNewerError(f"{_place(stored)} is of a type that this daybook does not know: {stored.topic}")
        known = (event_type, msgspec.json.Decoder(event_type))
        self._decoders[stored.topic] = known
        return known


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
