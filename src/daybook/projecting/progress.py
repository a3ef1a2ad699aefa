"""How far a build is, in what is counted in each of its phases."""

from __future__ import annotations

from dataclasses import dataclass

from daybook.projecting.build import Phase, phase_of
from daybook.projecting.cursor import Cursor
from daybook.projecting.indexing import Indexing


@dataclass(frozen=True, slots=True)
class Progress:
    """What is done and what there is to do, in units of the phase: events, indexes, positions."""

    phase: Phase
    done: int
    total: int | None
    reason: str | None = None
    """Why it stopped."""


def progress_of(cursor: Cursor | None, live: Cursor | None, indexing: Indexing) -> Progress:
    """Of the build that this cursor is of; None is one that was dropped."""
    if cursor is None:
        return Progress("gone", 0, None)
    phase = phase_of(cursor, is_live=live is not None and live.key == cursor.key)
    match phase:
        case "index":
            done, total = indexing.done, indexing.total
        case "catch up":
            done, total = cursor.position, max(cursor.position, live.position if live else 0)
        case "load":
            done, total = cursor.events_done, cursor.events_total or 0
        case _:
            done, total = cursor.position, cursor.position
    return Progress(phase, done, total, cursor.stopped_reason)
