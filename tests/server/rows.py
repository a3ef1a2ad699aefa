"""What must hold of everything that the API serves: it is what the journal's events give, at the position it tells.

Only the fold is the program's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from daybook.domain.events import Event
from daybook.domain.fold import facts, fold
from daybook.domain.identity import Kind, stream_id
from daybook.domain.instants import format_instant
from daybook.journal import open_journal
from tests.server.process import ServerProcess, wait_until
from tests.server.proof import Verdict

PATHS = {"registrations": Kind.REGISTRATION, "appointments": Kind.APPOINTMENT}
PAGE_ITEMS = 1_000


@dataclass(frozen=True)
class Served:
    """One answer of the read API, to be compared later with the journal as it was at its position."""

    path: str
    position: int
    items: list[dict[str, Any]]


def assert_rows_equal_a_fresh_fold(server: ServerProcess) -> None:
    """Every row that the API serves is what its events, read from the journal, give, and none is missing."""
    audit_rows(server).assert_clean()


def audit_rows(server: ServerProcess, served: Iterable[Served] = ()) -> Verdict:
    """Compare all rows, once they are followed up, and what was `served` before, with folds made here."""
    wait_until(lambda: is_followed(server), "the projections reach the journal's end")
    events = _events(server.database_url)
    head = events[-1].position if events else 0
    final = [Served(path, head, _all(server, f"/v1/main/{path}")) for path in (*PATHS, "history")]
    journal = _Streams(events)
    wrong = [complaint for answer in (*served, *final) for complaint in _misserved(answer, journal)]
    for answer in final:
        expected = head if answer.path == "history" else journal.count(PATHS[answer.path])
        if len(answer.items) != expected:
            wrong.append(f"{answer.path}: {len(answer.items)} rows, not {expected}")
    return Verdict(wrong=wrong)


def is_followed(server: ServerProcess, upto: int | None = None) -> bool:
    """Whether all projections have got to this position, or to the journal's end; none may have stopped."""
    items = server.get("/ops/projections")["items"]
    assert all(item["state"] == "following" for item in items), items
    return all(item["lag"]["events"] == 0 if upto is None else item["position"] >= upto for item in items)


def head(server: ServerProcess) -> int:
    """The journal's end."""
    end: int = max(item["position"] + item["lag"]["events"] for item in server.get("/ops/projections")["items"])
    return end


class _Streams:
    """The journal as it was at any position."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._streams: dict[UUID, list[Event]] = defaultdict(list)
        for event in events:
            self._streams[event.originator_id].append(event)

    def count(self, kind: Kind) -> int:
        return sum(stream[0].KIND is kind for stream in self._streams.values())

    def state(self, stream: UUID, position: int) -> Any:  # noqa: ANN401  as `fold`
        return fold(event for event in self._streams.get(stream, []) if event.position <= position)


def _events(database_url: str) -> list[Event]:
    journal = open_journal(database_url)
    try:
        events: list[Event] = []
        while more := journal.select_events_after(len(events), PAGE_ITEMS):
            events += more
        return events
    finally:
        journal.close()


def _misserved(answer: Served, journal: _Streams) -> Iterator[str]:
    if answer.path == "history":
        # The newest are asked for first: each that is missing among them was skipped.
        positions = [item["position"] for item in answer.items]
        if positions != list(range(answer.position, answer.position - len(positions), -1)):
            yield f"history at {answer.position}: {positions[:5]} …"
        return
    kind = PATHS[answer.path]
    subject = "registration_id" if kind is Kind.REGISTRATION else "appointment_id"
    for row in answer.items:
        state = journal.state(stream_id("main", kind, row[subject]), answer.position)
        expected = {} if state is None else _shown(state)
        differing = [name for name, value in expected.items() if name in row and row[name] != value]
        if state is None or differing:
            yield f"{answer.path} {row[subject]} at {answer.position}: {differing or 'it has no events'}"


def _shown(state: Any) -> dict[str, Any]:  # noqa: ANN401  any aggregate's state
    """A state in the API's spelling."""
    told = {**facts(state), "version": state.version, "position": state.position}
    told |= {"occurred_at_ns": state.occurred_at_ns, "recorded_at_ns": state.recorded_at_ns}
    return {
        name.removesuffix("_ns"): format_instant(value) if name.endswith("_at_ns") and value is not None else value
        for name, value in told.items()
    }


def _all(server: ServerProcess, path: str) -> list[dict[str, Any]]:
    asked = {"limit": PAGE_ITEMS, **({"time": "recorded"} if path.endswith("history") else {})}
    ask: Callable[..., dict[str, Any]] = server.get
    page = ask(path, **asked)
    found = list(page["items"])
    while page["cursor"] is not None:
        page = ask(path, **asked, cursor=page["cursor"])
        found += page["items"]
    return found
