"""How the command line looks: tables for people, JSON for programs, progress on the other stream."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

WIDTH_MAX: Final = 100
"""Wider lines are harder to read, however wide the window."""
_WIDTH_WHERE_UNKNOWN: Final = 100
"""In a file or a pipe nothing wraps at a window's edge, and README's examples are this wide."""

STATUS_STYLES: Final[Mapping[str, str]] = {
    "recorded": "green", "kept": "cyan", "duplicate": "blue", "quarantined": "yellow", "refused": "red", "ping": "dim",
    "booked": "green", "approved": "bold green", "waitlisted": "yellow", "rejected": "red", "cancelled": "red",
    "deleted": "red", "no_show": "magenta", "unknown": "dim",
    "not_started": "dim", "started": "yellow", "completed": "green",
    "new": "green", "confirmed": "bold green", "checked_in": "yellow", "closed": "bold", "scheduled": "green",
    "void": "red", "voided": "red", "refunded": "red",
}  # fmt: skip


def console(*, stderr: bool = False) -> Console:
    """The terminal, at most `WIDTH_MAX` wide."""
    from rich.console import Console

    found = Console(stderr=stderr, highlight=False)
    width = found.width if found.is_terminal else _WIDTH_WHERE_UNKNOWN
    return Console(stderr=stderr, highlight=False, width=min(width, WIDTH_MAX))


def print_json(data: object) -> None:
    """One JSON document on standard output, indented only for eyes."""
    text = json.dumps(data, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None)
    # A lone surrogate in what was told must not stop the command that shows it.
    sys.stdout.buffer.write(text.encode(errors="backslashreplace") + b"\n")
    sys.stdout.flush()


def table(*columns: str, title: str | None = None) -> Table:
    """An empty table in the one look that all have; a column named with a leading `>` is of numbers."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        numeric = column.startswith(">")
        made.add_column(column.lstrip(">"), justify="right" if numeric else "left", overflow="fold")
    return made


def progress(*, elapsed: bool = True) -> Progress:
    """A progress bar on standard error, and none at all where nobody watches.

    The time that passed, or what the note tells instead.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    shown = console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[note]}"),
        *([TimeElapsedColumn()] if elapsed else []),
        console=shown,
        disable=not shown.is_terminal,
        expand=True,
    )


def styled(word: str) -> str:
    """A status, an outcome or a progress in its color, as rich markup."""
    style = STATUS_STYLES.get(word)
    return f"[{style}]{word}[/]" if style else word


def printable(text: str) -> str:
    """What came from outside, safe for a terminal and for rich: escape sequences and markup show as they are."""
    from rich.markup import escape

    return escape("".join(char if char.isprintable() or char == "\n" else f"\\x{ord(char):02x}" for char in text))


def short_time(instant: str | None) -> str:
    """An RFC 3339 instant as tables show it: `2025-03-14 12:39:20Z`; `-` where there is none."""
    return f"{instant[:10]} {instant[11:19]}Z" if instant else "-"


def duration(seconds: float) -> str:
    """A length of time in one or two words: `12 s`, `4 min`, `3.5 h`, `12 days`."""
    minute_s, hour_s, day_s = 60, 3600, 86_400
    if seconds < 2 * minute_s:
        return f"{seconds:.0f} s"
    if seconds < 2 * hour_s:
        return f"{seconds / minute_s:.0f} min"
    if seconds < 2 * day_s:
        return f"{seconds / hour_s:.0f} h"
    return f"{seconds / day_s:.0f} days"
