"""How a projection stands, as people and monitors ask for it: how far it got, who keeps it, why it stopped."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from daybook.errors import DaybookError
from daybook.journal import Journal
from daybook.projecting.cursor import Cursor, Live, is_free
from daybook.projecting.projection import BrokenProjection, Projection, versions_of

State: TypeAlias = Literal["following", "stopped", "frozen"]

_SECOND_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ProjectionStatus:
    """One projection over all its versions; position and state are of the build that is live."""

    name: str
    versions: tuple[int, ...]
    live: int | None
    """The version."""
    build: int | None
    position: int
    state: State
    """`frozen`: a live version that nobody's code follows; it is still served."""
    stopped_reason: str | None
    stopped_at: int | None
    """The position of the event that could not be handled."""
    updated_at_ns: int | None
    leader: str | None
    """The follower that keeps it up, None while nobody does."""


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a projection is behind the journal."""

    events: int
    seconds: float
    """Since the oldest event that is not posted yet was recorded."""


def lag_of(journal: Journal, position: int, now_ns: int | None = None) -> Lag:
    """How far this position is behind the journal."""
    events = max(0, journal.head() - position)
    if not events:
        return Lag(0, 0.0)
    try:
        oldest = journal.select_events_after(position, 1)
    except DaybookError:
        oldest = []  # this event cannot be read, which is why the projection stopped here
    if not oldest:
        return Lag(events, 0.0)
    now_ns = time.time_ns() if now_ns is None else now_ns
    return Lag(events, max(0, now_ns - oldest[0].recorded_at_ns) / _SECOND_NS)


def statuses(
    projections: Mapping[str, Projection], cursors: Iterable[Cursor], lives: Mapping[str, Live], now_ns: int
) -> list[ProjectionStatus]:
    """The status of every projection that this process has code for or the store has rows of."""
    by_name: dict[str, list[Cursor]] = {name: [] for name in projections}
    for cursor in cursors:
        by_name.setdefault(cursor.name, []).append(cursor)
    return [_status(name, projections.get(name), by_name[name], lives.get(name), now_ns) for name in sorted(by_name)]


def _status(
    name: str, projection: Projection | None, cursors: list[Cursor], live: Live | None, now_ns: int
) -> ProjectionStatus:
    versions = tuple(sorted({cursor.version for cursor in cursors}))
    cursor = next((cursor for cursor in cursors if live is not None and cursor.key == live.key), None)
    if cursor is None:
        unfollowed = projection.reason if isinstance(projection, BrokenProjection) else "no version of it is live"
        return ProjectionStatus(name, versions, None, None, 0, "stopped", unfollowed, None, None, None)
    leader = None if is_free(cursor, now_ns) else cursor.holder
    state, reason = _state(projection, cursor, is_led=leader is not None)
    return ProjectionStatus(
        name=name,
        versions=versions,
        live=cursor.version,
        build=cursor.build,
        position=cursor.position,
        state=state,
        stopped_reason=reason,
        stopped_at=cursor.stopped_at,
        updated_at_ns=cursor.updated_at_ns,
        leader=leader,
    )


def _state(projection: Projection | None, cursor: Cursor, *, is_led: bool) -> tuple[State, str | None]:
    """Of a build that nobody leads it counts too what this process can do about it."""
    if not is_led and isinstance(projection, BrokenProjection):
        return "stopped", projection.reason
    if not is_led and (projection is None or cursor.version not in versions_of(projection)):
        return "frozen", cursor.stopped_reason
    return "stopped" if cursor.state == "stopped" else "following", cursor.stopped_reason
