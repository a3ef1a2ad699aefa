"""For proving that nothing was lost, doubled or altered between what arrived and what is read."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

import rich_click as click

from daybook.cli.options import json_option, opened

if TYPE_CHECKING:
    from rich.console import Console

    from daybook.bootstrap import Daybook
    from daybook.verifying import Code, Damage, Note, Verification

_SHOWN_MAX: Final = 20
"""Of each kind of damage; all of it is counted."""


@dataclass(slots=True)
class _Found:
    codes: Counter[Code] = field(default_factory=Counter)
    shown: list[Damage] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


@click.command()
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    metavar="N",
    help="Compare about N streams of each projection and N bodies instead of all.",
)
@json_option
@click.pass_context
def verify(ctx: click.Context, *, sample: int | None, as_json: bool) -> None:
    """Prove that every committed event was applied exactly once, or say where it was not and what mends it.

    Reads the journal and every live projection: deliveries and their events, the versions of each aggregate, rows
    against a fresh fold, cursors. Changes nothing, can run beside a server, and exits with 1 when it finds damage.
    """
    from daybook.cli.console import console, print_json
    from daybook.settings import Settings
    from daybook.verifying import Verification, keep

    with opened(Settings.load()) as daybook:
        found = _verified(daybook, sample)
        codes = {code.value: count for code, count in found.codes.most_common()}
        result = Verification(time.time_ns(), found.codes.total(), codes, sample)
        keep(daybook.read_store, result)
    if as_json:
        lists = {"items": [asdict(damage) for damage in found.shown], "notes": [asdict(note) for note in found.notes]}
        print_json({"damage": result.damage, "codes": codes, "sample": sample, **lists})
    else:
        _print(console(), found, result)
    ctx.exit(1 if result.damage else 0)


def _verified(daybook: Daybook, sample: int | None) -> _Found:
    from daybook.cli.console import progress
    from daybook.verifying import Damage, Note, verify

    found = _Found()
    with progress() as shown:
        task = shown.add_task("verifying", total=None, note="")
        for told in verify(daybook.journal, daybook.read_store, daybook.projections, sample=sample):
            if isinstance(told, Damage):
                found.codes[told.code] += 1
                if found.codes[told.code] <= _SHOWN_MAX:
                    found.shown.append(told)
            elif isinstance(told, Note):
                found.notes.append(told)
            else:
                shown.update(task, description=told.phase, completed=told.done, total=told.total, note=f"{told.done:,}")
    return found


def _print(screen: Console, found: _Found, result: Verification) -> None:
    from daybook.cli.console import printable

    for damage in found.shown:
        screen.print(f"[bold red]✗[/] [bold]{printable(damage.where)}[/]: {printable(damage.words)}")
        screen.print(f"  [dim]{damage.code} →[/] [italic]{printable(damage.remedy)}[/]")
    for code, count in result.codes.items():
        if count > _SHOWN_MAX:
            screen.print(f"[red]… and {count - _SHOWN_MAX:,} more of {code}[/]")
    for note in found.notes:
        screen.print(f"[cyan]i[/] [bold]{printable(note.about)}[/]: {printable(note.words)}")
    screen.print(f"\n{_headline(found, result)}")


def _headline(found: _Found, result: Verification) -> str:
    if result.damage:
        return f"[bold red]{result.damage:,} things are wrong[/]; what mends each stands below it."
    partly = [_proved(note) for note in found.notes if note.proved_to is not None]
    if partly:
        return f"[bold yellow]No damage was found, and not all is proved:[/] {'; '.join(partly)}."
    if result.sample is not None:
        return f"[bold green]Sound:[/] nothing is wrong in a sample of {result.sample:,}."
    return "[bold green]Sound:[/] every event was applied exactly once."


def _proved(note: Note) -> str:
    upto = f"up to position {note.proved_to:,} only" if note.proved_to else "not at all"
    return f"{note.about} {upto}"
