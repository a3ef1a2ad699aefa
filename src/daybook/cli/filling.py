"""For watching a build while it is filled: how far it is, how fast, how long yet; and for stopping it without loss."""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import rich_click as click

from daybook.errors import DaybookError, StoreUnavailableError
from daybook.projecting.cursor import LEASE_NS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from daybook.bootstrap import Daybook
    from daybook.projecting.build import Build
    from daybook.projecting.building import Building
    from daybook.projecting.progress import Progress
    from daybook.projecting.projection import SoundProjection
    from daybook.projecting.read_store import ReadStore
    from daybook.web.pace import Pace

_LOOK_AGAIN_S: Final = 0.1
_SECOND_NS: Final = 1_000_000_000
_DOING: Final = {"load": "filling", "index": "indexing", "catch up": "catching up"}


def named(build: Build) -> str:
    """As people call it: `registrations v2`, or `registrations v2 build 3`."""
    first = f"{build.name} v{build.version}"
    return first if build.build == 1 else f"{first} build {build.build}"


def fill(daybook: Daybook, projection: SoundProjection, build: Build, holder: str) -> None:
    """Work on this build, or watch who does, until it is ready. Raises `DaybookError` where it was stopped before."""
    from daybook.projecting.building import Building

    began = time.monotonic()
    building = Building(build, projection, daybook.read_store, daybook.journal, holder)
    try:
        try:
            _watch(building, build)
        finally:
            building.release()
    except StoreUnavailableError as error:
        raise StoreUnavailableError(f"{error}; {_resume(build)}") from error
    builds = daybook.read_store.builds(build.name)
    live = next((now for now in builds if now.is_live), None)
    for now in builds:
        if now.key == build.key:
            _tell(now, live, (now.events_total or 0) - build.events_done, time.monotonic() - began)
            if now.is_live:
                told_if_frozen(daybook.read_store, now)


def told_if_frozen(store: ReadStore, live: Build) -> None:
    """Warn where nobody keeps what readers get from now on; a follower has as long as it takes to be deposed."""
    deadline = time.monotonic() + LEASE_NS / _SECOND_NS
    while True:
        builds = store.builds()
        if any(build.holder for build in builds if build.key == live.key):
            return
        # Where no follower is at work at all, none can come to it.
        if not any(build.holder for build in builds) or time.monotonic() > deadline:
            break
        time.sleep(_LOOK_AGAIN_S)
    click.echo(
        f"Nobody keeps {named(live)} up to the journal: start a follower whose code has version {live.version}"
        " (`daybook serve` or `daybook follow`), or its rows stay as they are.",
        err=True,
    )


def _watch(building: Building, build: Build) -> None:
    from daybook.cli.console import progress
    from daybook.web.pace import Pace

    pace = Pace()
    with progress(elapsed=False) as shown, _asked_to_stop(shown.console) as is_asked:
        task = shown.add_task(f"{named(build)}: beginning", total=None, note="")
        for at in building.run():
            doing = _DOING.get(at.phase)
            if doing is None:
                continue
            shown.update(
                task, description=f"{named(build)}: {doing}", total=at.total, completed=at.done, note=_note(at, pace)
            )
            if is_asked():
                raise DaybookError(f"stopped while {doing}, {_share(at)}; {_resume(build)}")


@contextmanager
def _asked_to_stop(screen: Console) -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C or SIGTERM came: then the batch at work is finished; a second one does not wait for it."""
    asked: list[int] = []

    def ask(number: int, _: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        screen.print("[dim]finishing what is at work; Ctrl-C again does not wait for it[/]")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _note(at: Progress, pace: Pace) -> str:
    from daybook.cli.console import duration

    rate = pace.of(at.phase, at.done)
    told = _share(at)
    if rate and at.total is not None:
        told += f", {rate:,.0f}/s, {duration((at.total - at.done) / rate)} left"
    return told


def _share(at: Progress) -> str:
    return f"{at.done:,}" if at.total is None else f"{at.done:,} of {at.total:,}"


def _resume(build: Build) -> str:
    return f"nothing is lost: `daybook rebuild {build.name}`, or a running follower, goes on from there"


def _tell(build: Build, live: Build | None, events: int, took_s: float) -> None:
    from daybook.cli.console import duration

    rate = f", {events / took_s:,.0f} events/s" if events > 0 else ""
    ended = f"at position {build.position:,}, after {duration(took_s)}{rate}."
    if build.is_live:
        click.echo(f"{named(build)} is live {ended}")
        click.echo(f"The way back: daybook projections rollback {build.name}")
    elif build.state == "held":
        click.echo(f"{named(build)} is ready and held {ended}")
        click.echo(f"Look: daybook projections diff {build.name}")
        # Without a number only forward.
        number = "" if live is None or live.key < build.key else f" --version {build.version}"
        click.echo(f"Then: daybook projections switch {build.name}{number}")
    else:
        click.echo(f"{named(build)} is complete {ended}")
        click.echo(f"Readers get {named(live) if live else 'another one'}, which is newer, and stay with it.")
