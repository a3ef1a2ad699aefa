"""How the projections stand, as the API and the command line tell it. Free of the web framework, for the latter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias, get_args

import msgspec
from msgspec import Meta

from daybook.projecting.projection import BrokenProjection
from daybook.projecting.status import lag_of
from daybook.web.shapes import Instant
from daybook.web.shaping import instant

if TYPE_CHECKING:
    from daybook.bootstrap import Daybook
    from daybook.projecting import build as projecting
    from daybook.projecting.projection import Projection as Declared
    from daybook.projecting.status import ProjectionStatus
    from daybook.web.pace import Pace

State: TypeAlias = Literal["following", "building", "held", "frozen", "stopped"]
STATES: Final[tuple[State, ...]] = get_args(State)
Rate: TypeAlias = Annotated[
    float | None, Meta(description="Events a second, since somebody looked before; null at the first look.")
]


class Lag(msgspec.Struct, frozen=True):
    """How far a projection is behind the journal."""

    events: int
    seconds: Annotated[float, Meta(description="Since the oldest event that is not posted yet was recorded.")]


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """One filling of one version's tables."""

    version: int
    build: Annotated[int, Meta(description="Counts from 1 for each version.", examples=[1])]
    live: Annotated[bool, Meta(description="Whether readers get it.")]
    previous: Annotated[bool, Meta(description="Whether a rollback goes to it.")]
    state: State
    position: int
    lag: Lag
    rate: Rate
    events_done: Annotated[int, Meta(description="Of the load that fills it.")]
    events_total: Annotated[int | None, Meta(description="What that load has done at its end; null without a load.")]
    on_ready: Annotated[str | None, Meta(description="What follows when it has caught up: `switch` or `hold`.")]
    begun_at: Instant | None
    updated_at: Instant | None
    stopped_reason: str | None
    stopped_at: Annotated[int | None, Meta(description="Position of the event that could not be handled.")]
    leader: Annotated[str | None, Meta(description="The process that fills it or keeps it current.")]


class Projection(msgspec.Struct, frozen=True, kw_only=True):
    """One read model; position, lag, rate and state are of its live build."""

    name: str
    versions: Annotated[list[int], Meta(description="All that the store has tables of.")]
    declared: Annotated[int | None, Meta(description="The version that this process has code for.")]
    live: int | None
    position: int
    lag: Lag
    rate: Rate
    state: Annotated[
        State,
        Meta(description="`frozen`: still served, but nobody's code follows it. `stopped`: see `stopped_reason`."),
    ]
    stopped_reason: str | None
    stopped_at: Annotated[int | None, Meta(description="Position of the event that could not be handled.")]
    updated_at: Instant | None
    leader: Annotated[str | None, Meta(description="The follower that keeps it current.")]
    builds: Annotated[list[Build], Meta(description="All that the store has, the live one among them.")]


def standings(daybook: Daybook, pace: Pace) -> list[Projection]:
    """Every projection that this process has code for, or the store has rows of, by name."""
    builds: dict[str, list[Build]] = {}
    for found in daybook.read_store.builds():
        builds.setdefault(found.name, []).append(_build(daybook, found, pace))
    return [
        _projection(daybook, status, daybook.projections.get(status.name), builds.get(status.name, []))
        for status in daybook.read_store.status()
    ]


def _projection(
    daybook: Daybook, status: ProjectionStatus, declared: Declared | None, builds: list[Build]
) -> Projection:
    live = next((build for build in builds if build.live), None)
    return Projection(
        name=status.name,
        versions=list(status.versions),
        declared=None if declared is None or isinstance(declared, BrokenProjection) else declared.version,
        live=status.live,
        position=status.position,
        lag=_lag(daybook, status.position),
        rate=None if live is None else live.rate,
        state=status.state,
        stopped_reason=status.stopped_reason,
        stopped_at=status.stopped_at,
        updated_at=instant(status.updated_at_ns),
        leader=status.leader,
        builds=builds,
    )


def _build(daybook: Daybook, found: projecting.Build, pace: Pace) -> Build:
    is_loading = found.phase in {"load", "index"}
    return Build(
        version=found.version,
        build=found.build,
        live=found.is_live,
        previous=found.is_previous,
        state=found.state,
        position=found.position,
        lag=_lag(daybook, found.position),
        rate=pace.of((*found.key, is_loading), found.events_done if is_loading else found.position),
        events_done=found.events_done,
        events_total=found.events_total,
        on_ready=found.on_ready,
        begun_at=instant(found.begun_at_ns),
        updated_at=instant(found.updated_at_ns),
        stopped_reason=found.stopped_reason,
        stopped_at=found.stopped_at,
        leader=found.holder,
    )


def _lag(daybook: Daybook, position: int) -> Lag:
    lag = lag_of(daybook.journal, position)
    return Lag(lag.events, lag.seconds)
