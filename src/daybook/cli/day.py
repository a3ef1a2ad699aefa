"""For looking at one day: bookings and what became of them, visits and appointments, in center time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import rich_click as click

from daybook.cli.options import json_option, source_option

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_BAR_CHARS: Final = 24
_CENTERS_MAX: Final = 20
"""Of a larger chain only so many are shown; `--json` has all."""
_HOUR_NS: Final = 3_600_000_000_000


@click.command()
@click.argument("date")
@click.option("--center", "center_id", metavar="ID", help="Of this center alone; else of all, each by its own clock.")
@source_option
@json_option
def day(*, date: str, center_id: str | None, source: str | None, as_json: bool) -> None:
    """The figures of a DATE like 2026-03-01, in center time.

    Class bookings, cancellations and no-shows are counted on the day on which they happened, visits and appointments
    on that for which they are in the book. Read from the read models, as far as a follower has brought them.
    """
    import msgspec

    from daybook.cli.console import console, print_json
    from daybook.cli.subject import lag
    from daybook.web.agenda import figures_of

    shown, source, behind = _read(date, center_id, source)
    figures = msgspec.to_builtins(figures_of(source, shown))
    if as_json:
        print_json(figures)
    else:
        _print(console(), figures)
    if behind:
        click.echo(f"daybook: {lag(behind)}", err=True)


def _read(date: str, center_id: str | None, told_source: str | None) -> tuple[Any, str, int]:
    from daybook.cli.options import chosen_source, opened
    from daybook.domain.identity import named_id
    from daybook.errors import InvalidInstantError
    from daybook.reading.days import read_day
    from daybook.settings import Settings

    settings = Settings.load()
    source = chosen_source(settings, told_source)
    with opened(settings) as daybook:
        try:
            found = read_day(daybook.read_store, source, date, None if center_id is None else named_id(center_id))
        except InvalidInstantError as error:
            raise click.BadParameter("a date like 2026-03-01", param_hint="DATE") from error
        return found, source, max(daybook.journal.head() - found.position, 0)


def _print(screen: Console, figures: Mapping[str, Any]) -> None:
    from rich.columns import Columns

    from daybook.cli.console import printable

    where = f"center {printable(figures['center_id'])}" if figures["center_id"] else "all centers"
    screen.print(f"[bold]{figures['date']}[/] {where} [dim]· source {figures['source']}[/]\n")
    screen.print(_registrations(figures["registrations"]))
    visits, appointments = figures["visits"], figures["appointments"]
    beside = {"removed": appointments["removed"], "undated": appointments["undated"]}
    tables = [
        _bars("visits", visits["total"], visits["by_status"], {"undated": visits["undated"]}),
        _bars("appointments", appointments["total"], appointments["by_progress"], beside),
    ]
    screen.print(Columns(tables, padding=(0, 4)))
    screen.print(_clocks(figures["clock"]))


def _registrations(figures: Mapping[str, Any]) -> Table:
    made = _grid()
    waitlisted = f"[dim]of them {figures['waitlisted']:,} waitlisted[/]" if figures["waitlisted"] else ""
    made.add_row("[bold]class bookings[/]", f"[bold]{figures['bookings']:,}[/]", waitlisted)
    for name in ("cancellation", "no_show"):
        rate = figures[f"{name}_rate"]
        share = "" if rate is None else f"[dim]{rate:.1%} of the bookings made that day[/]"
        made.add_row(f"  {name.replace('_', '-')}s", f"{figures[f'{name}s']:,}", share)
    made.add_row("")
    return made


def _bars(what: str, total: int, counts: Mapping[str, int], beside: Mapping[str, int]) -> Table:
    """The most frequent first; what stands beside the total is shown only where there is any."""
    from daybook.cli.console import printable, styled

    made, most = _grid(), max(counts.values(), default=0)
    made.add_row(f"[bold]{what}[/]", f"[bold]{total:,}[/]", "")
    for name, count in sorted(counts.items(), key=lambda item: -item[1]):
        bar = "▆" * max(round(_BAR_CHARS * count / most), 1) if count else ""
        made.add_row(f"  {styled(printable(name))}", f"{count:,}", f"[cyan]{bar}[/]")
    for name, count in beside.items():
        if count:
            made.add_row(f"  [dim]{name}[/]", f"[dim]{count:,}[/]", "[dim]not in the total[/]")
    made.add_row("")
    return made


def _clocks(clocks: list[Mapping[str, Any]]) -> Table:
    from daybook.cli.console import printable, table

    made = table("center", "clock", "the day begins (UTC)", ">hours")
    for clock in clocks[:_CENTERS_MAX]:
        made.add_row(
            printable(clock["center_id"]) if clock["center_id"] else "[dim]none told[/]",
            _offset(clock["utc_offset_minutes"]),
            _begin(clock["begins_at"]),
            _hours(clock),
        )
    if len(clocks) > _CENTERS_MAX:
        made.add_row(f"[dim]and {len(clocks) - _CENTERS_MAX} more[/]")
    return made


def _offset(minutes: int | None) -> str:
    if minutes is None:
        return "[yellow]unknown, UTC taken[/]"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


def _begin(instant: str | None) -> str:
    from daybook.cli.console import short_time

    return short_time(instant)[: len("2026-03-01 10:00")]


def _hours(clock: Mapping[str, Any]) -> str:
    from daybook.domain.instants import parse_instant

    if clock["begins_at"] is None:
        return "0"
    hours = (parse_instant(clock["ends_at"]) - parse_instant(clock["begins_at"])) / _HOUR_NS
    return f"{hours:g}" if hours == 24 else f"[yellow]{hours:g}[/]"  # noqa: PLR2004  of most days


def _grid() -> Table:
    from rich.table import Table

    made = Table.grid(padding=(0, 2))
    made.add_column(no_wrap=True)
    made.add_column(justify="right", no_wrap=True)
    made.add_column()
    return made
