"""For looking at one registration or appointment: its state, and how it came to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

import rich_click as click

from daybook.cli.options import json_option, source_option

if TYPE_CHECKING:
    from rich.console import Console

    from daybook.cli.aggregate import Aggregate

Command = TypeVar("Command", bound=Callable[..., Any])

_LAST_CHANGES: Final = 5
_BOOKKEEPING: Final = frozenset({"source", "version", "position", "recorded_at", "occurred_at", "time_basis"})


def _subject(command: Command) -> Command:
    """What both commands take."""
    for decorate in (
        json_option,
        source_option,
        click.argument("subject_id", metavar="ID"),
        click.argument("kind", metavar="registration|appointment", type=click.Choice(["registration", "appointment"])),
    ):
        command = decorate(command)
    return command


@click.command()
@_subject
def show(*, kind: str, subject_id: str, source: str | None, as_json: bool) -> None:
    """The state of a registration or appointment, and its last five changes.

    Read from the journal itself up to its last entry: no server is needed, and no projection is waited for.
    """
    from daybook.cli.console import console, print_json
    from daybook.cli.story import story

    found, source = _read(kind, subject_id, source)
    last = found.history[-_LAST_CHANGES:]
    if as_json:
        print_json({**found.state, "history": last})
        return
    screen = console()
    _print_state(screen, kind, found.state)
    more = len(found.history) - len(last)
    screen.print("[bold]last changes[/]" if more else "[bold]history[/]")
    screen.print(story(last))
    if more:
        screen.print(f"[dim]{more} more: daybook history {kind} {found.state[f'{kind}_id']} --source {source}[/]")


@click.command()
@_subject
def history(*, kind: str, subject_id: str, source: str | None, as_json: bool) -> None:
    """All events of a registration or appointment, in the order of occurrence, each with what it changed."""
    from daybook.cli.console import console, print_json
    from daybook.cli.story import story

    found, _ = _read(kind, subject_id, source)
    if as_json:
        print_json({"items": found.history})
        return
    screen = console()
    screen.print(_title(kind, found.state))
    screen.print(story(found.history))


def _read(kind: str, subject_id: str, told_source: str | None) -> tuple[Aggregate, str]:
    from daybook.cli.aggregate import read_aggregate
    from daybook.cli.options import chosen_source, opened
    from daybook.domain.identity import Kind
    from daybook.settings import Settings

    settings = Settings.load()
    source = chosen_source(settings, told_source)
    with opened(settings) as daybook:
        return read_aggregate(daybook, Kind(kind), source, subject_id), source


def _title(kind: str, state: Mapping[str, Any]) -> str:
    from daybook.cli.console import printable, styled

    word = state["status"] if kind == "registration" else state["progress"]
    events = "1 event" if state["version"] == 1 else f"{state['version']} events, the last"
    told = f"source {state['source']} · {events} at position {state['position']}"
    return f"[bold]{kind} {printable(state[f'{kind}_id'])}[/] {styled(word)} [dim]· {told}[/]"


def _print_state(screen: Console, kind: str, state: Mapping[str, Any]) -> None:
    from rich.table import Table

    from daybook.cli.console import printable

    screen.print(_title(kind, state))
    # What was not told would be most of the lines.
    hidden = _BOOKKEEPING | {f"{kind}_id", "status", "progress"}
    told = {name: value for name, value in state.items() if name not in hidden and value not in (None, [], False)}
    made = Table.grid(padding=(0, 2))
    for name, value in told.items():
        made.add_row(f"  [dim]{name}[/]", printable(str(value).lower() if isinstance(value, bool) else str(value)))
    arrival = " (its arrival: the body told no time)" if state["time_basis"] == "arrival" else ""
    made.add_row("  [dim]last occurred[/]", f"[dim]{state['occurred_at']}{arrival}[/]")
    made.add_row("  [dim]last recorded[/]", f"[dim]{state['recorded_at']}[/]\n")
    screen.print(made)
