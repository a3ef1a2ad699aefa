"""The aggregates that one body concerns: how they are collected, bounded and turned into events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from daybook.domain.events import Event
from daybook.domain.identity import means_none, stream_id
from daybook.zenoti.document import UnreadableError
from daybook.zenoti.reading import Notes, read_id

FAN_OUT_MAX: Final = 1000
"""So many aggregates one delivery may concern."""

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Telling:
    """One delivery as its events need it: what they have in common, and a place for notes."""

    source: str
    common: Mapping[str, Any]
    """The fields of `Event` that are the same on every event of the delivery."""
    notes: Notes

    def event(self, event_type: type[E], subject_id: str, *told: Mapping[str, Any]) -> E:
        """The event of one aggregate, before the journal gives it its place; of what is told the last counts."""
        stream = stream_id(self.source, event_type.KIND, subject_id)
        fields = dict(self.common)
        for more in told:
            fields.update(more)
        return event_type(originator_id=stream, subject_id=subject_id, **fields)


def read_subject(told: Iterable[object], what: str) -> str:
    """The one subject of a body. Raises `UnreadableError` with the reason `no_subject` or `invalid_id`."""
    subject_id = first_id(told, what)
    if subject_id is None:
        raise UnreadableError("no_subject", f"the body names no {what}")
    return subject_id


def first_id(told: Iterable[object], what: str) -> str | None:
    """Of several spellings of one key the first id that names something; None where none does."""
    ids = (read_id(value, f"{what} id") for value in told)
    return next((subject_id for subject_id in ids if subject_id is not None and not means_none(subject_id)), None)


class Subjects:
    """Subject ids of one body, each once; entries that name none are counted."""

    def __init__(self, aggregates_max: int = FAN_OUT_MAX) -> None:
        self.nameless = 0
        self._ids: dict[str, dict[str, Any]] = {}
        self._aggregates_max = aggregates_max

    def add(self, subject_id: str | None, told: dict[str, Any]) -> bool:
        """Takes a subject in, unless it is known already or the entry names none."""
        if subject_id is None or means_none(subject_id):
            self.nameless += 1
            return False
        if subject_id in self._ids:
            return False
        self._ids[subject_id] = told
        if len(self._ids) > self._aggregates_max:
            raise UnreadableError("too_many_subjects", f"the body concerns more than {FAN_OUT_MAX} aggregates")
        return True

    def items(self, what: str, notes: Notes) -> list[tuple[str, dict[str, Any]]]:
        """All of them. Raises `UnreadableError` with the reason `no_subject` where there is none."""
        if not self._ids:
            raise UnreadableError("no_subject", f"the body names no {what}")
        return self.found(what, notes)

    def found(self, what: str, notes: Notes) -> list[tuple[str, dict[str, Any]]]:
        """All of them, also where there is none."""
        if self.nameless:
            notes.add(f"{self.nameless} of {self.nameless + len(self._ids)} entries name no {what} and make no event")
        return list(self._ids.items())

    def get(self, subject_id: str) -> dict[str, Any] | None:
        """What was told of a subject, to be added to; None for one that is not in."""
        return self._ids.get(subject_id)
