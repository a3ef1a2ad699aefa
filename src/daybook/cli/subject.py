"""What `daybook show` and `daybook history` read, whatever its kind, in the shape of the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from daybook.errors import DaybookError
from daybook.reading import histories
from daybook.web.shaping import history_entry

if TYPE_CHECKING:
    from daybook.bootstrap import Daybook
    from daybook.domain.identity import Kind


@dataclass(frozen=True, slots=True)
class Subject:
    """State and history of one registration, appointment, visit or session."""

    kind: str
    subject_id: str
    state: Mapping[str, Any]
    history: Sequence[Mapping[str, Any]]
    """In the order of occurrence."""
    behind: int = 0
    """So many events of the journal are not in the read models yet; what is folded from the journal has all."""
    words: str | None = None
    """What the guest of a visit wrote, from the body that brought it: for the screen, and part of no state."""


def told_history(daybook: Daybook, source: str, kind: Kind, subject_id: str) -> list[Mapping[str, Any]]:
    """The history of one aggregate as the API tells it, straight from the journal."""
    return shaped(histories.history_of(daybook.journal, source, kind, subject_id))


def shaped(entries: Iterable[histories.Entry]) -> list[Mapping[str, Any]]:
    """Events and what each changed, as the API tells them."""
    return [msgspec.to_builtins(history_entry(entry.told, entry.twin_of)) for entry in entries]


def absent(daybook: Daybook, source: str, kind: str, subject_id: str, behind: int = 0) -> DaybookError:
    """Nothing ever told of it, or what did was withdrawn, or it is not in the read models yet."""
    where = f"source {source} has told nothing of {kind} {subject_id} ({daybook.settings.store})"
    return DaybookError(f"{where}; {lag(behind)}" if behind else where)


def lag(behind: int) -> str:
    """In words, with what to do."""
    events = "1 event" if behind == 1 else f"{behind:,} events"
    return f"the read models are {events} behind the journal: `daybook serve` or `daybook follow` brings them up"
