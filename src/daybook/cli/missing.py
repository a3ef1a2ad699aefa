"""What a simulated stream left out, and what should be found because of it; on standard error, beside the stream."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from daybook.domain.instants import format_instant

if TYPE_CHECKING:
    from daybook.simulation import Missed, Scenario, Subject


def print_missed(scenario: Scenario, *, as_json: bool) -> None:
    """One line, or one element of a JSON array, for each event that no webhook told; nothing where none is missed."""
    if not scenario.miss:
        return
    from daybook.simulation import missed

    found = missed(scenario)
    if as_json:
        print(json.dumps([_data(one) for one in found], indent=2), file=sys.stderr)
        return
    for one in found:
        print(_line(one), file=sys.stderr)


def _data(one: Missed) -> dict[str, Any]:
    return {
        "event_type": one.event_type,
        "event_id": one.event_id,
        "occurred_at": format_instant(one.occurred_at_ns),
        "subject": one.subject and one.subject._asdict(),
        "webhooks": len(one.webhooks),
        "findings": [{"code": code, "subject": subject._asdict()} for code, subject in one.findings],
        "reason": one.reason,
    }


def _line(one: Missed) -> str:
    about = f" of {_words(one.subject)}" if one.subject else ""
    found = ", ".join(f"{code} on {_words(subject)}" for code, subject in one.findings)
    return f"missed {one.event_type}{about} at {format_instant(one.occurred_at_ns)}: {found or f'none, {one.reason}'}"


def _words(subject: Subject) -> str:
    return f"{subject.kind.replace('-', ' ')} {subject.id}"
