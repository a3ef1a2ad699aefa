"""For asking whether a person is needed, by hand or from a monitor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import rich_click as click

from daybook.cli.options import json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daybook.doctor import Finding

_MARKS: Final[Mapping[int, str]] = {0: "[green]✓[/]", 1: "[cyan]i[/]", 2: "[yellow]![/]", 3: "[bold red]✗[/]"}


@click.command()
@json_option
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool) -> None:
    """Say in plain words whether a person is needed, for what, and what to do.

    Looks at each webhook (20 refusals in a row deactivate it), store and disk, quarantine, conflicts and projections.
    Exits with 1 when a person is needed. Needs no server, and no more than the settings that the server has.
    """
    from daybook.cli.console import print_json
    from daybook.doctor import Level, examine
    from daybook.settings import Settings

    findings = examine(Settings.load())
    needed = any(finding.level == Level.ALARM for finding in findings)
    if as_json:
        told = [{**asdict(finding), "level": finding.level.name.lower()} for finding in findings]
        print_json({"person_needed": needed, "findings": told})
    else:
        _print(findings, needed=needed)
    ctx.exit(1 if needed else 0)


def _print(findings: Sequence[Finding], *, needed: bool) -> None:
    from rich.table import Table

    from daybook.cli.console import console, printable

    made = Table.grid(padding=(0, 1))
    made.add_column(width=1)
    made.add_column(max_width=30, overflow="fold")
    made.add_column(overflow="fold")
    for finding in findings:
        words = printable(finding.words)
        if finding.remedy:
            words += f"\n[dim]→[/] [italic]{printable(finding.remedy)}[/]"
        made.add_row(_MARKS[finding.level], f"[bold]{printable(finding.about)}[/]", words)
    screen = console()
    screen.print(made)
    alarms = sum(finding.level == max(_MARKS) for finding in findings)
    if needed:
        screen.print(f"\n[bold red]A person is needed[/] for {alarms} thing{'s' if alarms > 1 else ''}: see ✗ above.")
    else:
        screen.print("\n[bold green]Nobody is needed.[/]")
