"""An event's place in the order of occurrence as one text, so that a database can compare places as the fold does."""

from __future__ import annotations

from typing import Final

from daybook.domain.events import Event

_BEFORE_ALL_NS: Final = 2**63
_DIGITS: Final = 20
_SEPARATOR: Final = "\x1f"
"""Sorts before whatever an id can hold, so that the joined parts compare as the parts do."""


def place(event: Event) -> str:
    """Grows with `Event.order_of_occurrence`, also across streams; compare it bytewise (`COLLATE "C"`)."""
    return _SEPARATOR.join((f"{event.occurred_at_ns + _BEFORE_ALL_NS:0{_DIGITS}d}", *event.tie_break))
