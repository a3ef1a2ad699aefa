"""How one build of a projection stands, as people and monitors ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from daybook.projecting.cursor import Cursor, Key, Live, OnReady, State, is_free

Phase: TypeAlias = Literal["load", "index", "catch up", "held", "live", "kept", "stopped", "gone"]
"""`kept`: complete and not live, such as the one that a rollback goes to; `gone`: dropped."""
BuildState: TypeAlias = Literal["building", "following", "held", "stopped", "frozen"]

INDEXING: Final = "indexes"
"""What a cursor says in `done` when all rows are loaded and their indexes are not."""


@dataclass(frozen=True, slots=True)
class Build:
    """One filling of one version's tables."""

    name: str
    version: int
    build: int
    is_live: bool
    is_previous: bool
    """Whether a rollback goes to it."""
    state: BuildState
    """`frozen`: complete, and nobody's code follows it."""
    phase: Phase
    position: int
    stopped_reason: str | None
    stopped_at: int | None
    holder: str | None
    """Who keeps or fills it, None while nobody does."""
    updated_at_ns: int
    begun_at_ns: int | None
    events_done: int
    """Of the journal's events, how many the load has got past: for a state projection, which is loaded by streams, by
    the share of ids that it has got past."""
    events_total: int | None
    on_ready: OnReady | None
    fingerprint_matches: bool | None
    """Whether it was made by the code that is here; None where that is not known."""

    @property
    def key(self) -> Key:
        """Which one it is."""
        return self.name, self.version, self.build


def builds_of(
    cursors: Iterable[Cursor],
    lives: Mapping[str, Live],
    fingerprints: Mapping[tuple[str, int], bytes | None],
    now_ns: int,
) -> list[Build]:
    """`fingerprints`: of the versions that there is code for."""
    return [_build(cursor, lives.get(cursor.name), fingerprints, now_ns) for cursor in cursors]


def phase_of(cursor: Cursor, *, is_live: bool) -> Phase:
    """What is done with it, or is to be done next."""
    if cursor.state == "stopped":
        return "stopped"
    if cursor.is_loading:
        return "index" if cursor.done == INDEXING else "load"
    if is_live:
        return "live"
    if cursor.state == "held":
        return "held"
    return "catch up" if cursor.state == "building" else "kept"


def matches(cursor: Cursor, fingerprints: Mapping[tuple[str, int], bytes | None]) -> bool | None:
    """Whether the code that is here made the rows of this build."""
    own = fingerprints.get((cursor.name, cursor.version))
    return None if own is None or cursor.fingerprint is None else own == cursor.fingerprint


def _build(
    cursor: Cursor, live: Live | None, fingerprints: Mapping[tuple[str, int], bytes | None], now_ns: int
) -> Build:
    is_live = live is not None and live.key == cursor.key
    holder = None if is_free(cursor, now_ns) else cursor.holder
    return Build(
        name=cursor.name,
        version=cursor.version,
        build=cursor.build,
        is_live=is_live,
        is_previous=live is not None and live.previous == cursor.key,
        state=_state(cursor.state, is_known=holder is not None or (cursor.name, cursor.version) in fingerprints),
        phase=phase_of(cursor, is_live=is_live),
        position=cursor.position,
        stopped_reason=cursor.stopped_reason,
        stopped_at=cursor.stopped_at,
        holder=holder,
        updated_at_ns=cursor.updated_at_ns,
        begun_at_ns=cursor.begun_at_ns,
        events_done=cursor.events_done,
        events_total=cursor.events_total,
        on_ready=cursor.on_ready,
        fingerprint_matches=matches(cursor, fingerprints),
    )


def _state(state: State, *, is_known: bool) -> BuildState:
    return "frozen" if state == "following" and not is_known else state
