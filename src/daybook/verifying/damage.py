"""What a verification tells: damage and the command that mends it, what it could not judge, and how far it has got."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias


class Code(StrEnum):
    """The kinds of damage."""

    # The journal: all events in one order, and the streams that they belong to.
    EVENT_MISSING = "event_missing"
    EVENT_OUT_OF_ORDER = "event_out_of_order"
    EVENT_UNREADABLE = "event_unreadable"
    EVENT_NEWER = "event_newer"
    EVENT_ALTERED = "event_altered"
    EVENT_WITHOUT_DELIVERY = "event_without_delivery"
    EVENT_WITHOUT_OUTCOME = "event_without_outcome"
    JOURNAL_END_LOST = "journal_end_lost"
    VERSION_MISSING = "version_missing"
    VERSION_DOUBLED = "version_doubled"
    VERSION_OUT_OF_ORDER = "version_out_of_order"

    # The inbox: deliveries, what became of them, and the keys that keep an event from being recorded twice.
    DELIVERY_ALTERED = "delivery_altered"
    DELIVERY_DOUBLED = "delivery_doubled"
    BODY_ALTERED = "body_altered"
    BODY_WITHOUT_DELIVERY = "body_without_delivery"
    OUTCOME_MISSING = "outcome_missing"
    OUTCOME_ALTERED = "outcome_altered"
    OUTCOME_WITHOUT_EVENTS = "outcome_without_events"
    OUTCOME_WITHOUT_DELIVERY = "outcome_without_delivery"
    REPEAT_WITHOUT_DELIVERY = "repeat_without_delivery"
    KEY_MISSING = "key_missing"
    KEY_WITHOUT_DELIVERY = "key_without_delivery"
    KEY_WITHOUT_OUTCOME = "key_without_outcome"
    BYTES_WITHOUT_DELIVERY = "bytes_without_delivery"
    JOURNAL_UNREADABLE = "journal_unreadable"

    # The projections: how far each has got, and its rows.
    CURSOR_OF_ANOTHER_JOURNAL = "cursor_of_another_journal"
    CURSOR_AHEAD = "cursor_ahead"
    CURSOR_DIFFERS = "cursor_differs"
    NOTHING_LIVE = "nothing_live"
    TABLE_LOST = "table_lost"
    CODE_CHANGED = "code_changed"
    CODE_FAILS = "code_fails"
    ROW_CHANGED = "row_changed"
    ROW_LOST = "row_lost"
    ROW_DOUBLED = "row_doubled"
    ROW_EXTRA = "row_extra"
    ROWS_UNREADABLE = "rows_unreadable"


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is wrong. No personal data stands in it: ids and names of columns, never what they hold."""

    code: Code
    where: str
    words: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Note:
    """What is no damage, and yet not proved: a projection that is behind, a body that was erased."""

    about: str
    words: str
    proved_to: int | None = None
    """The position up to which the rows of a projection are proved, where that is not the journal's end; 0: not."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one part of the verification has got."""

    phase: str
    done: int
    total: int | None
    """None where it is not known before."""


Told: TypeAlias = Damage | Note | Progress

RESTORE: Final = (
    "stop daybook and restore the journal from a backup that `daybook verify` finds sound; a projection that is then"
    " ahead of it says so, and `daybook rebuild NAME` mends it"
)
"""Nothing writes the journal but the intake, so what is wrong with its events only a backup makes right."""


def restore_row(*tables: str) -> str:
    """The remedy for what stands beside the events: no projection reads it, so all the rest can stay as it is."""
    return (
        f"copy the rows of this delivery in {' and '.join(f'`{table}`' for table in tables)} from a backup, as the"
        " owner of the store and past the triggers that keep it append-only; the rest of the journal can stay, and no"
        " projection needs a rebuild"
    )
