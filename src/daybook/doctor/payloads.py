"""Whether Zenoti began to tell something new: types of events, keys, types of values that were never seen before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from daybook.doctor.finding import Finding, Level, ago
from daybook.journal.payloads import news

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daybook.journal.journal import Journal
    from daybook.journal.payloads import News

RECENT_NS: Final = 86_400_000_000_000
_SHOWN_MAX: Final = 5


def examine_payloads(journal: Journal, now_ns: int) -> Iterator[Finding]:
    """A note of what was first seen in the last day, and a warning where newer events cannot be written yet."""
    if journal.format_level < journal.vocabulary.level:
        yield Finding(
            Level.WARNING,
            "format",
            f"the journal is at format level {journal.format_level}, this daybook writes {journal.vocabulary.level}:"
            " what older processes could not read is kept, but not recorded",
            "once every process runs this daybook: `daybook migrate`, then `daybook translate`",
        )
    found = news(journal.payloads.shapes(), journal.payloads.types(), now_ns - RECENT_NS)
    if found:
        told = "; ".join(words(one) for one in found[:_SHOWN_MAX])
        more = f"; and {len(found) - _SHOWN_MAX:,} more" if len(found) > _SHOWN_MAX else ""
        yield Finding(
            Level.NOTE,
            "payloads",
            f"new from Zenoti, first {ago(found[0].first_seen_ns, now_ns)}: {told}{more}",
            "`daybook shapes --new-since 1d` shows all; nothing is lost, the bodies are kept",
        )


def words(one: News) -> str:
    """One novelty in words."""
    event_type = one.event_type or "(no event type)"
    match one.novelty:
        case "event_type":
            return f"the event type {event_type}"
        case "event_schema":
            return f"{event_type} under the event schema {one.event_schema or '(none)'}"
        case "key":
            return f"the key {one.path} in {event_type}"
        case "json_type":
            return f"{one.path} in {event_type} as {' and '.join(one.json_types)}"
