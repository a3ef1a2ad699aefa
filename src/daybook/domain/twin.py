"""Twins: one fact that was told under two identities, as it happens with two webhooks about the same thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from daybook.domain.events import Event
from daybook.domain.fold import in_order_of_occurrence

_NOT_THE_FACT: Final = frozenset(
    {"delivery_id", "event_id", "content_digest", "origin", "signature", "translation", "class_version"}
    | {"originator_version", "position", "recorded_at_ns"}
)


def twins(events: Iterable[Event]) -> Mapping[UUID, UUID]:
    """Delivery of each event that only repeats another one of the stream, to the delivery that told it first.

    Same subject, type, time and content; first is meant in the order of occurrence, so it depends on no arrival.
    """
    first: dict[tuple[object, ...], UUID] = {}
    found: dict[UUID, UUID] = {}
    for event in in_order_of_occurrence(events):
        told = (type(event), *(getattr(event, name) for name in event.__struct_fields__ if name not in _NOT_THE_FACT))
        original = first.setdefault(told, event.delivery_id)
        if original != event.delivery_id:
            found[event.delivery_id] = original
    return found
