"""What one registration, appointment, visit or class session looks like on a screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from daybook.cli.console import printable, styled, table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from daybook.cli.subject import Subject

_ELSEWHERE: Final = frozenset(
    {"source", "version", "position", "recorded_at", "occurred_at", "time_basis"}
    | {"registration_id", "appointment_id", "appointment_group_id", "session_id", "status", "progress"}
    | {
        "findings",
        "history",
        "feedback",
        "session",
        "appointments",
        "roster",
        "items",
        "cursor",
        "is_complete",
        "start_time_basis",
    }
)
"""Told in the title, in lines or in tables of their own."""
_ID_BUT_OWN: Final = {"appointment": ("appointment_group_id",), "registration": ("session_id",)}
_ITEMS_SHOWN_MAX: Final = 50
_UNPROVEN: Final = "UTC or the center's clock: no body tells which"


def title(found: Subject) -> str:
    """In one line: what it is, how it stands, and what was told of it."""
    state = found.state
    word = state.get("progress") if found.kind == "appointment" else state.get("status")
    told = [f"source {state['source']}"]
    if state.get("version"):
        events = "1 event at" if state["version"] == 1 else f"{state['version']} events up to"
        told.append(f"{events} position {state['position']}")
    else:
        told.append("nothing was told of it itself")
    removed = " [red]removed[/]" if state.get("removed") else ""
    word = printable(str(word)) if word is not None else "[dim]no status[/]"
    return f"[bold]{found.kind} {printable(found.subject_id)}[/] {styled(word)}{removed} [dim]· {' · '.join(told)}[/]"


def portray(screen: Console, found: Subject) -> None:
    """Its title, what was told of it, and what belongs to it."""
    screen.print(title(found))
    screen.print(_facts(found))
    if found.kind == "visit":
        _print_appointments(screen, found.state)
    if found.kind == "session":
        _print_roster(screen, found.state)
    for finding in found.state["findings"]:
        _print_finding(screen, finding)
    if found.state["findings"]:
        screen.print()


def _facts(found: Subject) -> Table:
    """What was not told would be most of the lines: it is left out."""
    from rich.table import Table

    state, made = found.state, Table.grid(padding=(0, 2))
    shown = [name for name in state if name not in _ELSEWHERE or name in _ID_BUT_OWN.get(found.kind, ())]
    for name in shown:
        if state[name] not in (None, [], False):
            unproven = name == "start_time" and state.get("start_time_basis")
            made.add_row(f"  [dim]{name}[/]", _value(state[name]) + (f" [dim]({_UNPROVEN})[/]" if unproven else ""))
    if state.get("session"):
        made.add_row("  [dim]session[/]", _session(state["session"]))
    if state.get("feedback"):
        made.add_row("  [dim]feedback[/]", _feedback(state["feedback"], found.words))
    if state["occurred_at"]:
        arrival = " (its arrival: the body told no time)" if state["time_basis"] == "arrival" else ""
        made.add_row("  [dim]last occurred[/]", f"[dim]{state['occurred_at']}{arrival}[/]")
        made.add_row("  [dim]last recorded[/]", f"[dim]{state['recorded_at']}[/]")
    made.add_row("")
    return made


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(_value(item) for item in value)
    if isinstance(value, Mapping):
        parts = ((name, part) for name, part in value.items() if part not in (None, [], False))
        return "[dim],[/] ".join(f"[dim]{name}[/] {_value(part)}" for name, part in parts)
    return printable(str(value))


def _session(told: Mapping[str, Any]) -> str:
    """Its name and time; nobody knows whether that is UTC."""
    name, start = printable(told["class_name"] or "-"), told["start_time"]
    return f"{name} {styled(told['status'])}{f' {printable(start)} [dim]({_UNPROVEN})[/]' if start else ''}"


def _feedback(told: Mapping[str, Any], words: str | None) -> str:
    """The ratings in a line and what the guest wrote, or where that is if it was not read."""
    ratings = {name: rating for name, rating in told.items() if name.startswith("rating") and rating is not None}
    named = ", ".join(f"{name.removeprefix('rating_')} {rating}" for name, rating in ratings.items())
    tags = ", ".join(printable(tag["name"] or tag["id"] or "-") for tag in told.get("tags", ()))
    lines = [f"{named}{' · ' if named and tags else ''}{tags}" or "no rating"]
    lines += [f"“{printable(words)}”"] if words else []
    lines += [f"[dim]{told['given_at']}, from the body of delivery {told['delivery_id']}[/]"]
    return "\n".join(lines)


def _print_appointments(screen: Console, visit: Mapping[str, Any]) -> None:
    made = table("start (center)", "appointment", "therapist", "progress")
    for one in visit["appointments"]:
        progress = _standing(one)
        marks = "".join(f"\n[yellow]! {finding['code']}[/]" for finding in one["findings"])
        made.add_row(
            _start(one),
            f"{printable(one['service_name'] or '-')}\n[dim]{printable(one['appointment_id'])}[/]",
            printable(one["therapist_name"] or "-"),
            f"{progress}{marks}",
        )
    screen.print("[bold]appointments[/]")
    screen.print(made)
    if not visit["is_complete"]:
        screen.print("[dim]There are more.[/]")


def _standing(appointment: Mapping[str, Any]) -> str:
    """Its progress, unless it does not belong to the visit any more."""
    if appointment["moved_to"]:
        return f"[red]moved to[/]\n[dim]{printable(appointment['moved_to'])}[/]"
    return "[red]removed[/]" if appointment["removed"] else styled(appointment["progress"])


def _start(appointment: Mapping[str, Any]) -> str:
    """In wall clock, else in UTC, and then it says so."""
    minute = len("2026-03-01 10:00")
    if appointment["start_time_in_center"]:
        return printable(appointment["start_time_in_center"].replace("T", " ")[:minute])
    utc = appointment["start_time"]
    return f"{utc.replace('T', ' ')[:minute]}Z" if utc else "-"


def _print_roster(screen: Console, session: Mapping[str, Any]) -> None:
    roster = session["roster"]
    counts = [(name, roster[name]) for name in roster if name not in {"taken", "capacity", "free"} and roster[name]]
    places = f"{roster['taken']} of {roster['capacity']}" if roster["capacity"] is not None else str(roster["taken"])
    over = roster["free"] is not None and roster["free"] < 0
    screen.print(f"[bold]roster[/] {'[red]' if over else ''}{places} places taken{'[/]' if over else ''}", end="")
    screen.print("".join(f" [dim]·[/] {count} {styled(name)}" for name, count in counts))
    _print_registrations(screen, session["items"])


def _print_registrations(screen: Console, items: Iterable[Mapping[str, Any]]) -> None:
    from daybook.cli.console import short_time

    made, every = table("registration", "status", "guest", "last occurred (UTC)", "findings"), list(items)
    for one in every[:_ITEMS_SHOWN_MAX]:
        codes = ", ".join(finding["code"] for finding in one["findings"])
        made.add_row(
            printable(one["registration_id"]),
            styled(one["status"]),
            f"[dim]{printable(one['guest_id'] or '-')}[/]",
            short_time(one["occurred_at"]),
            f"[yellow]{codes}[/]" if codes else "",
        )
    screen.print(made)
    if len(every) > _ITEMS_SHOWN_MAX:
        screen.print(f"[dim]{len(every) - _ITEMS_SHOWN_MAX} more: --json has them.[/]")


def _print_finding(screen: Console, finding: Mapping[str, Any]) -> None:
    screen.print(f"[yellow]! {finding['code']}[/] [dim]{finding['occurred_at']}[/]")
    screen.print(f"  [dim]probably missed:[/] {printable(finding['suggests'])}")
