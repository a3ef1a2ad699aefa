"""For seeing how far each read model has got, and for choosing which of its builds readers get."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import rich_click as click

from daybook.cli.options import json_option, opened
from daybook.cli.switching import diff, drop, rollback, switch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from daybook.bootstrap import Daybook
    from daybook.web.standing import Build, Projection

_LOOK_AGAIN_S: Final = 1.0
"""A pace needs two looks: so long a command may take to have one."""
_STATE_STYLES: Final = {
    "following": "green",
    "building": "cyan",
    "held": "cyan",
    "frozen": "yellow",
    "stopped": "bold red",
}


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def projections(context: click.Context, *, as_json: bool) -> None:
    """All projections: versions, position, lag, and why one stopped. See also `daybook rebuild`."""
    if context.invoked_subcommand is None:
        _show(as_json=as_json)


@projections.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """The same as without a command."""
    _show(as_json=as_json)


for _command in (diff, switch, rollback, drop):
    projections.add_command(_command)


def _show(*, as_json: bool) -> None:
    import msgspec

    from daybook.cli.console import console, print_json
    from daybook.settings import Settings

    with opened(Settings.load()) as daybook:
        items, head = _look(daybook), daybook.journal.head()
    if as_json:
        print_json({"head": head, "items": msgspec.to_builtins(items)})
        return
    screen = console()
    screen.print(_table(items))
    for item in items:
        for line in _remarks(item):
            screen.print(line)
    screen.print(f"[dim]The journal ends at position {head:,}.[/]")


def _look(daybook: Daybook) -> list[Projection]:
    """In the shape of `GET /ops/projections`; twice where something moves, since a pace needs two looks."""
    from daybook.web.pace import Pace
    from daybook.web.standing import standings

    pace = Pace()
    items = standings(daybook, pace)
    if any(build.leader and build.lag.events for item in items for build in item.builds):
        time.sleep(_LOOK_AGAIN_S)
        items = standings(daybook, pace)
    return items


def _table(items: Iterable[Projection]) -> Table:
    from daybook.cli.console import table

    made = table("projection", "version", ">position", "behind", ">events/s", "state", "kept by")
    for item in items:
        if not item.builds:
            made.add_row(item.name, "none", "", "", "", _state(item.state), "")
        for number, build in enumerate(item.builds):
            made.add_row(
                "" if number else item.name,
                _version(build),
                f"{build.position:,}",
                _behind(build),
                "" if build.rate is None else f"{build.rate:,.0f}",
                _state(build.state) + _share(build),
                _leader(build),
            )
    return made


def _version(build: Build) -> str:
    named = f"v{build.version}" if build.build == 1 else f"v{build.version} build {build.build}"
    return f"{named} [bold]live[/]" if build.live else named


def _behind(build: Build) -> str:
    from daybook.cli.console import duration

    return f"{build.lag.events:,}, {duration(build.lag.seconds)}" if build.lag.events else "nothing"


def _leader(build: Build) -> str:
    """Without what tells two followers of one process apart."""
    if build.leader:
        return build.leader.rpartition(":")[0]
    return "[yellow]nobody[/]" if build.state == "following" else "nobody"


def _state(state: str) -> str:
    return f"[{_STATE_STYLES[state]}]{state}[/]"


def _share(build: Build) -> str:
    if build.state != "building" or not build.events_total:
        return ""
    return f" {(build.events_done or 0) / build.events_total:.0%}"


def _remarks(item: Projection) -> Iterable[str]:
    """What a person may have to do."""
    from daybook.cli.console import printable

    stopped: list[Build] | list[Projection] = [build for build in item.builds if build.stopped_reason]
    for one in stopped or ([item] if item.stopped_reason else []):
        where = f" at position {one.stopped_at}" if one.stopped_at else ""
        yield f"[red]{item.name}[/] stopped{where}: {printable(str(one.stopped_reason))}"
    if item.declared is not None and item.live is not None and item.declared < item.live:
        yield (
            f"[cyan]{item.name}[/] is declared as version {item.declared} here and served as version {item.live}, which"
            f" is newer: deploy its code, or daybook projections rollback {item.name}"
        )
    elif item.declared is not None and item.live is not None and item.declared not in item.versions:
        yield (
            f"[cyan]{item.name}[/] is declared as version {item.declared} and served as version {item.live}:"
            f" daybook rebuild {item.name}"
        )
    for build in item.builds:
        if build.state == "held":
            number = f" --version {build.version}" if item.live is not None and build.version < item.live else ""
            yield (
                f"[cyan]{item.name}[/] version {build.version} is ready:"
                f" daybook projections diff {item.name}{number}, then … switch {item.name}{number}"
            )
