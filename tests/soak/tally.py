"""What answers must hold at their `Daybook-Position`, counted in the store itself, beside all code of daybook's."""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import psycopg

STATUSES: Final = {
    "Created": "booked",
    "Approved": "approved",
    "Rejected": "rejected",
    "Cancelled": "cancelled",
    "NoShow": "no_show",
}
_EVENTS: Final = "SELECT position, state FROM events ORDER BY position"


class Answer(NamedTuple):
    """What was asked, and what was told."""

    path: str
    session_id: str | None
    position: int
    items: list[dict[str, Any]]


class _Entry(NamedTuple):
    position: int
    occurred_at_ns: int
    zenoti_type: str


@dataclass
class Tally:
    """The events of registrations, by what answers are asked for."""

    by_position: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Registration and type."""
    streams: dict[str, list[_Entry]] = field(default_factory=lambda: defaultdict(list))
    sessions: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    """Of each session, its registrations with the position at which it was told."""

    def wrong(self, answer: Answer) -> Iterator[str]:
        """What is not as it was at the answer's position."""
        if answer.path == "history":
            yield from self._history(answer)
            return
        for row in answer.items:
            wanted = self._row(row["registration_id"], answer.position)
            if wanted != (row["version"], row["position"], row["status"]):
                yield f"{row['registration_id']} at {answer.position} is {row}, and should have {wanted}"
        if answer.session_id is not None:
            known = self.sessions.get(answer.session_id, {})
            wanted_ids = sorted(one for one, told_at in known.items() if told_at <= answer.position)
            told_ids = sorted(row["registration_id"] for row in answer.items)
            if told_ids != wanted_ids:
                yield f"{answer.session_id} at {answer.position} has {len(told_ids)} rows, and not {len(wanted_ids)}"

    def _history(self, answer: Answer) -> Iterator[str]:
        first = answer.position
        wanted = [(at, *self.by_position[at]) for at in range(first, first - len(answer.items), -1)]
        told = [(item["position"], item["registration_id"], item["zenoti_type"]) for item in answer.items]
        if told != wanted:
            yield f"the history at {first} begins with {told[:3]}, and not with {wanted[:3]}"

    def _row(self, registration_id: str, position: int) -> tuple[int, int, str] | None:
        stream = self.streams.get(registration_id, [])
        there = stream[: bisect_right(stream, position, key=lambda entry: entry.position)]
        if not there:
            return None
        last = max(there, key=lambda entry: entry.occurred_at_ns)
        return len(there), there[-1].position, STATUSES[last.zenoti_type.rpartition(".")[2]]


def tally(database_url: str) -> Tally:
    """Of the whole journal."""
    counted = Tally()
    for position, state in _events(database_url):
        event = json.loads(state)
        registration_id = event["subject_id"]
        counted.by_position[position] = registration_id, event["zenoti_type"]
        entry = _Entry(position, event["occurred_at_ns"], event["zenoti_type"])
        counted.streams[registration_id].append(entry)
        if (session_id := event.get("session_id")) is not None:
            counted.sessions[session_id].setdefault(registration_id, position)
    return counted


def _events(database_url: str) -> Iterable[tuple[int, bytes]]:
    if database_url.startswith("sqlite:///"):
        path = f"file:{database_url.removeprefix('sqlite:///')}/journal.db?mode=ro"
        with closing(sqlite3.connect(path, uri=True)) as journal:
            yield from journal.execute(_EVENTS)
        return
    with psycopg.connect(database_url, options="-csearch_path=journal") as connection:
        yield from connection.execute(_EVENTS)
