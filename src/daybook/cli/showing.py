"""For looking at one registration, appointment, visit or class session: its state, and how it came to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

import rich_click as click

from daybook.cli.options import json_option, source_option

if TYPE_CHECKING:
    from daybook.cli.subject import Subject

Command = TypeVar("Command", bound=Callable[..., Any])

_KINDS: Final = ("registration", "appointment", "visit", "session")
_LAST_CHANGES: Final = 5


def _subject(command: Command) -> Command:
    """What both commands take."""
    for decorate in (
        json_option,
        source_option,
        click.argument("subject_id", metavar="ID"),
        click.argument("kind", metavar="|".join(_KINDS), type=click.Choice(_KINDS)),
    ):
        command = decorate(command)
    return command


@click.command()
@_subject
def show(*, kind: str, subject_id: str, source: str | None, as_json: bool) -> None:
    """The state of a registration, appointment, visit or class session, and its last five changes.

    A registration or appointment is read from the journal itself up to its last entry: no server is needed, and no
    projection is waited for. A visit (by the id of its appointment group) and a session with its roster are read from
    the read models, as far as a follower has brought them.
    """
    from daybook.cli.console import console, print_json
    from daybook.cli.portrait import portray
    from daybook.cli.story import story

    found, source = _read(kind, subject_id, source)
    last = found.history[-_LAST_CHANGES:]
    if as_json:
        # A visit tells its whole history itself, as it does in the API.
        print_json(found.state if "history" in found.state else {**found.state, "history": last})
        return
    screen = console()
    portray(screen, found)
    more = len(found.history) - len(last)
    if last:
        screen.print("[bold]last changes[/]" if more else "[bold]history[/]")
        screen.print(story(last, about=found.subject_id))
    if more:
        screen.print(f"[dim]{more} more: daybook history {kind} {found.subject_id} --source {source}[/]")
    _tell_lag(found)


@click.command()
@_subject
def history(*, kind: str, subject_id: str, source: str | None, as_json: bool) -> None:
    """All events of a registration, appointment, visit or class session, in the order of occurrence.

    Each with what it changed. What happened to an appointment's group belongs to the appointment's history, and what
    happened to its appointments to the visit's.
    """
    from daybook.cli.console import console, print_json
    from daybook.cli.portrait import title
    from daybook.cli.story import story

    found, _ = _read(kind, subject_id, source)
    if as_json:
        print_json({"items": found.history})
        return
    screen = console()
    screen.print(title(found))
    screen.print(story(found.history, about=found.subject_id))
    _tell_lag(found)


def _read(kind: str, subject_id: str, told_source: str | None) -> tuple[Subject, str]:
    from daybook.cli.aggregate import read_appointment, read_registration
    from daybook.cli.joined import read_session, read_visit
    from daybook.cli.options import chosen_source, opened
    from daybook.settings import Settings

    readers: Mapping[str, Callable[..., Subject]] = {
        "registration": read_registration,
        "appointment": read_appointment,
        "visit": read_visit,
        "session": read_session,
    }
    settings = Settings.load()
    source = chosen_source(settings, told_source)
    with opened(settings) as daybook:
        return readers[kind](daybook, source, subject_id), source


def _tell_lag(found: Subject) -> None:
    from daybook.cli.subject import lag

    if found.behind:
        click.echo(f"daybook: {lag(found.behind)}", err=True)
