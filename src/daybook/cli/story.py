"""For showing a history to people: one line for each event, in the order in which things happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rich.table import Table

_ID_CHARS: Final = 8
_LEADING: Final = ("status", "progress")
"""What a reader looks for first; the `…_at` beside it repeats the time in the first column."""


def story(entries: Iterable[Mapping[str, Any]], *, about: str | None = None, delays: bool = True) -> Table:
    """A history as a table; `entries` are in the shape of the API.

    `about` is the id that it is the history of: events of others in it, of the group or of the appointments, are marked
    as theirs. `delays` adds how long after its occurrence each event was recorded.
    """
    from daybook.cli.console import short_time, table

    made = table("occurred (UTC)", "event", "what it changed", "recorded")
    for entry in entries:
        event = entry["type"].partition(".")[2]
        if about is not None and entry["subject_id"] != about:
            event = f"{_owner(entry)} {event}"
        if entry["role"] != "primary":
            event = f"{event} [dim]({entry['role']})[/]"
        arrival = "" if entry["time_basis"] == "event" else " [dim](arrival)[/]"
        nothing = "[dim]nothing: the same was told before[/]" if entry.get("twin_of") else "[dim]nothing[/]"
        changes = ", ".join(_changes(entry["changes"])) or nothing
        made.add_row(f"{short_time(entry['occurred_at'])}{arrival}", event, changes, _recorded(entry, delays=delays))
    return made


def _owner(entry: Mapping[str, Any]) -> str:
    """Whose event it is; of several appointments the beginnings of their ids tell them apart."""
    from daybook.cli.console import printable

    if entry["kind"] == "appointment-group":
        return "[cyan]visit[/]"
    return f"[cyan]{entry['kind']}[/] [dim]{printable(entry['subject_id'][:_ID_CHARS])}[/]"


def _changes(changes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A moved status first, then what was overwritten, then how much was told for the first time."""
    from daybook.cli.console import printable, styled

    for name in _LEADING:
        if name in changes:
            before, after = changes[name]["from"], changes[name]["to"]
            # A stream begins as unknown or not started: that is no state that anybody told.
            yield styled(after) if before in {None, "unknown", "not_started"} else f"{before} → {styled(after)}"
    lists = {name: change for name, change in changes.items() if "added" in change}
    for name, change in lists.items():
        yield printable(f"{name} {_moved(change)}")
    told_apart = {*_LEADING, *lists}
    others = {name: change for name, change in changes.items() if name not in told_apart and not name.endswith("_at")}
    for name, change in others.items():
        if change["from"] is not None:
            yield printable(f"{name} {_value(change['from'])} → {_value(change['to'])}")
    first = sum(change["from"] is None for change in others.values())
    if first:
        yield f"[dim]{first} field{'s' if first > 1 else ''} told[/]"


def _moved(change: Mapping[str, Any]) -> str:
    """Of a list how many it gained and lost: its items would fill the screen."""
    gained, lost = len(change["added"]), len(change["removed"])
    told = [f"+{gained}" if gained else "", f"-{lost}" if lost else ""]
    return " ".join(filter(None, told)) or "in another order"


def _value(told: object) -> str:
    if told is None:
        return "none"
    if isinstance(told, list | tuple):
        return f"{len(told)} of them"
    return str(told).lower() if isinstance(told, bool) else str(told)


def _recorded(entry: Mapping[str, Any], *, delays: bool) -> str:
    from daybook.cli.console import duration

    order = "[yellow]late[/]" if entry["late"] else "in order"
    if not delays or entry["time_basis"] == "arrival":
        return order
    return f"{order}, {duration(entry['delay_s'])} after" if entry["delay_s"] >= 0 else f"{order}, before it occurred"
