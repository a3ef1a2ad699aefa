"""What a stream tells, by what it is about, for tests of the stories in it."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import lru_cache
from typing import Any, NamedTuple

from daybook.domain.instants import parse_instant
from daybook.simulation import Scenario, simulate


class Told(NamedTuple):
    """One event, as its envelope tells it."""

    at_ns: int
    kind: str
    data: dict[str, Any]


@lru_cache(maxsize=32)
def told(scenario: Scenario) -> list[Told]:
    """Everything that an undisturbed stream tells, in its order."""
    contents = (json.loads(webhook.body) for webhook in simulate(scenario))
    return [Told(parse_instant(one["event_timestamp"]), one["event_type"], one["data"]) for one in contents]


def visits(events: list[Told]) -> dict[str, list[Told]]:
    """By group, all that concerns it."""
    found: dict[str, list[Told]] = defaultdict(list)
    for event in events:
        if event.kind.startswith("Appointment"):
            found[event.data["appointment_group_id"].lower()].append(event)
    return dict(found)


def sessions(events: list[Told]) -> dict[int, list[Told]]:
    """By session, its schedule and its bookings."""
    found: dict[int, list[Told]] = defaultdict(list)
    for event in events:
        if event.kind.startswith("Class."):
            found[event.data.get("sesion_id") or event.data["session_id"]].append(event)
    return dict(found)
