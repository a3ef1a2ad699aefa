"""What waits in quarantine, and whether `event_id` still is what we take it for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from daybook.doctor.finding import Finding, Level
from daybook.intake.retranslation import LOOKED_THROUGH_MAX, is_due
from daybook.journal.entries import OutcomeName

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from daybook.journal import Journal
    from daybook.journal.inbox import Inbox

RECENT_DELIVERIES: Final = 1000
KEPT_DELIVERIES_MAX: Final = 100_000
"""Oldest first, those that are looked at: newer ones were kept by the translation that is here."""
_KEPT: Final[tuple[OutcomeName, ...]] = ("kept",)
CONFLICT_SHARE_ALARM: Final = 0.01
"""Above it, conflicts are no accident: then `event_id` does not name one event."""
CONFLICTS_ALARM_MIN: Final = 5

# Quarantined for a reason that is not the body's fault: a person can do something about it.
_CURABLE: Final[Mapping[str, str]] = {
    "could_not_be_stored": "report it as a bug of daybook; `daybook quarantine release` tries again after an update",
    "missing_type": "`daybook quarantine release --event-type TYPE ID`, and put the type into the webhook's URL",
    "unsigned": "set the right secret, then `daybook quarantine release` those that you vouch for",
}


def examine_inbox(inbox: Inbox, source: str) -> Iterator[Finding]:
    """Findings about the deliveries of one source."""
    counts = inbox.quarantine_counts(source)
    about = f"quarantine {source}"
    if not counts:
        yield Finding(Level.FINE, about, "empty")
    else:
        told = ", ".join(f"{count:,} {reason}" for reason, count in sorted(counts.items(), key=lambda item: -item[1]))
        yield Finding(Level.NOTE, about, told, "`daybook quarantine list` shows them; their bodies are kept")
    for reason, remedy in _CURABLE.items():
        if reason in counts:
            yield Finding(Level.WARNING, about, f"{counts[reason]:,} wait for a person: {reason}", remedy)
    if "conflict" in counts:
        yield _conflicts(inbox, source, counts["conflict"])


def examine_kept(journal: Journal) -> Iterator[Finding]:
    """A finding where this translation may make events of what an older one kept as being about something else."""
    older = looked = 0
    after: UUID | None = None
    while looked < KEPT_DELIVERIES_MAX:
        kept = journal.inbox.standing_after(after, outcomes_wanted=_KEPT, source=None, limit=LOOKED_THROUGH_MAX)
        older += sum(map(is_due, kept))
        looked += len(kept)
        if len(kept) < LOOKED_THROUGH_MAX:
            break
        after = kept[-1].delivery_id
    if not older:
        return
    count = f"{older:,} deliveries were" if older > 1 else "1 delivery was"
    least = "at least " if looked >= KEPT_DELIVERIES_MAX else ""
    first = "once every process runs this daybook: `daybook migrate`, then "
    is_held = journal.format_level < journal.vocabulary.level
    yield Finding(
        Level.WARNING,
        "kept deliveries",
        f"{least}{count} kept by an older translation: this one may make events of them",
        f"{first if is_held else ''}`daybook translate --kept`; with --dry-run it only tells what would come",
    )


def _conflicts(inbox: Inbox, source: str, ever: int) -> Finding:
    recent = inbox.deliveries(source=source, limit=RECENT_DELIVERIES).items
    conflicts = sum(delivery.outcome.reason == "conflict" for delivery in recent)
    rising = conflicts >= CONFLICTS_ALARM_MIN and conflicts > CONFLICT_SHARE_ALARM * len(recent)
    words = f"{conflicts:,} of the last {len(recent):,} deliveries told anew under a known event_id; {ever:,} ever"
    if not rising:
        return Finding(Level.NOTE, f"conflicts {source}", words)
    return Finding(
        Level.ALARM,
        f"conflicts {source}",
        words,
        "compare a few with `daybook quarantine show`: if event_id does not name one event, identity must change",
    )
