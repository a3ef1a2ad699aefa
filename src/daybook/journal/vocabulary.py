"""What one version of daybook can read and write: classes of events by topic, and the journal's format level.

A new topic or class version names the level from which it may be written (`Event.LEVEL`). The store's own level is
raised when no older process is left, by `daybook migrate` on PostgreSQL; so what is newer is never written before
everybody can read it, and a process that knows less refuses to start on a store that is ahead of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from msgspec.structs import fields

from daybook.domain.aggregates import EVENT_TYPES
from daybook.domain.events import Event
from daybook.errors import EventCodeError

FORMAT_LEVEL: Final = 3
"""2: what was recorded can be withdrawn (`….Withdrawn`); 3: appointment groups and class sessions."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The events that some code knows, and the highest format level that it reads."""

    event_types: Mapping[str, type[Event]]
    """By topic."""
    level: int

    def check(self) -> None:
        """Raises `EventCodeError` where an event that was ever written could not be read."""
        for topic, event_type in self.event_types.items():
            for trouble in _troubles(event_type, self.level):
                raise EventCodeError(f"{topic}: {trouble}")


VOCABULARY: Final = Vocabulary(EVENT_TYPES, FORMAT_LEVEL)


def _troubles(event_type: type[Event], level: int) -> Iterable[str]:
    current = event_type.CLASS_VERSION
    default = next(field.default for field in fields(event_type) if field.name == "class_version")
    if default != current:
        yield f"its field class_version says {default}, its CLASS_VERSION {current}"
    for version in range(1, current):
        name = f"upcast_v{version}_v{version + 1}"
        if not callable(getattr(event_type, name, None)):
            yield f"it is at class version {current} and has no {name}, so older events could not be read"
    if hasattr(event_type, f"upcast_v{current}_v{current + 1}"):
        yield f"it has an upcast from class version {current}, which it says is the current one"
    if level < event_type.LEVEL:
        yield f"it is written from format level {event_type.LEVEL} on, and this daybook reads up to {level}"
