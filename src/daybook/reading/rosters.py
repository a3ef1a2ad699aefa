"""The roster: a class session and the registrations for it, joined where they are read and never stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import func, select

from daybook.domain.identity import Kind
from daybook.domain.registration import TAKES_A_PLACE
from daybook.projecting.snapshot import Snapshot
from daybook.reading.findings import findings_beside, with_findings

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Roster:
    """Who is registered for one session."""

    session: Row | None
    """None where only registrations tell of it."""
    counts: Mapping[str, int]
    """By status; those that nobody has are left out."""
    findings: list[Row]
    """What cannot be right about the session."""

    @property
    def taken(self) -> int:
        """So many of the session's places."""
        return sum(self.counts.get(status, 0) for status in TAKES_A_PLACE)


def with_sessions(snapshot: Snapshot, rows: Sequence[Row]) -> list[Row]:
    """Rows of registrations with their `session`, None where nothing was told of it, and their `findings`."""
    if not snapshot.has("registrations_sessions", "registrations_findings"):
        # During a deployment the live version may still be one that did not know them.
        return [{**row, "session": None, "findings": []} for row in rows]
    sessions = snapshot.named("registrations_sessions")
    query = select(sessions).where(
        sessions.c.source.in_({row["source"] for row in rows}),
        sessions.c.session_id.in_({row["session_id"] for row in rows} - {None}),
    )
    told = {(row["source"], row["session_id"]): dict(row) for row in snapshot.connection.execute(query).mappings()}
    joined = [{**row, "session": told.get((row["source"], row["session_id"]))} for row in rows]
    return with_findings(snapshot, Kind.REGISTRATION, joined)


def roster(snapshot: Snapshot, source: str, session_id: str) -> Roster | None:
    """Of the session of this normalized id; None where neither it nor a registration for it was told of."""
    sessions, registrations = snapshot.named("registrations_sessions"), snapshot.named("registrations")
    query = select(sessions).where(sessions.c.source == source, sessions.c.session_id == session_id)
    session = snapshot.connection.execute(query).mappings().one_or_none()
    counted = (
        select(registrations.c.status, func.count())
        .where(registrations.c.source == source, registrations.c.session_id == session_id)
        .group_by(registrations.c.status)
    )
    counts = {row[0]: row[1] for row in snapshot.connection.execute(counted)}
    if session is None and not counts:
        return None
    found = findings_beside(snapshot, Kind.CLASS_SESSION, source, [session_id])
    return Roster(None if session is None else dict(session), counts, found.get(session_id, []))
