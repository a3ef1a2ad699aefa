"""For seeing what Zenoti's payloads look like, and since when: a new key is noticed on its first day."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import rich_click as click

from daybook.cli.options import json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daybook.journal.payloads import News, PayloadShape, PayloadType

_UNITS_NS: Final = {"m": 60_000_000_000, "h": 3_600_000_000_000, "d": 86_400_000_000_000}


@click.command()
@click.option(
    "--new-since", metavar="TIME", help="Only what was first seen since: `1d`, `12h`, or a date or time (UTC)."
)
@json_option
def shapes(*, new_since: str | None, as_json: bool) -> None:
    """Every shape that a payload was ever seen with: its event type, event schema, and keys.

    With --new-since also what is new about them: an event type, a key, a type of values under a known key. Nothing is
    lost by not reading it yet, since all bodies are kept.
    """
    from daybook.cli.console import print_json
    from daybook.cli.options import opened
    from daybook.journal.payloads import news
    from daybook.settings import Settings

    since_ns = None if new_since is None else _instant(new_since)
    with opened(Settings.load()) as daybook:
        seen, types = daybook.journal.payloads.shapes(), daybook.journal.payloads.types()
    new = [] if since_ns is None else news(seen, types, since_ns)
    shown = [shape for shape in seen if since_ns is None or shape.first_seen_ns >= since_ns]
    if as_json:
        print_json(_json(shown, types, new))
        return
    _print(shown, new)


def _instant(text: str) -> int:
    import time

    from daybook.domain.instants import parse_instant
    from daybook.errors import InvalidInstantError

    if length := re.fullmatch(r"(\d{1,6})([mhd])", text):
        return time.time_ns() - int(length[1]) * _UNITS_NS[length[2]]
    try:
        return parse_instant(text if len(text) > len("2026-03-01") else f"{text}T00:00:00Z")
    except InvalidInstantError as error:
        raise click.BadParameter(
            "a length like 1d or 12h, or a date or time in UTC", param_hint="--new-since"
        ) from error


def _json(shown: Sequence[PayloadShape], types: Sequence[PayloadType], new: Sequence[News]) -> dict[str, Any]:
    from dataclasses import asdict

    known: dict[tuple[str, str], dict[str, list[str]]] = {}
    for each in types:
        known.setdefault((each.event_type, each.event_schema), {}).setdefault(each.path, []).append(each.json_type)
    items = []
    for shape in shown:
        of_kind = known.get((shape.event_type, shape.event_schema), {})
        keys = {path: of_kind.get(path, []) for path in shape.paths}
        items.append({**_timed(asdict(shape)), "paths": keys})
    return {"items": items, "new": [_timed(asdict(one)) for one in new]}


def _timed(item: dict[str, Any]) -> dict[str, Any]:
    """Instants in the API's names and spelling, and null for what is not there."""
    from daybook.domain.instants import format_instant

    shown: dict[str, Any] = {}
    for name, value in item.items():
        if name.endswith("_seen_ns"):
            shown[f"{name.removesuffix('_ns')}_at"] = format_instant(value)
        else:
            shown[name] = value or None if name in {"event_type", "event_schema"} else value
    return shown


def _print(shown: Sequence[PayloadShape], new: Sequence[News]) -> None:
    from daybook.cli.console import console, printable, table
    from daybook.doctor.payloads import words

    screen = console()
    made = table("event type", "schema", "shape", ">keys", ">deliveries", "first seen (UTC)", "last seen (UTC)")
    for shape in shown:
        made.add_row(
            printable(shape.event_type) or "[dim](none)[/]",
            printable(shape.event_schema) or "[dim](none)[/]",
            shape.shape[:8],
            str(len(shape.paths)) if shape.paths else "[dim]many[/]",
            f"{shape.deliveries:,}",
            _minute(shape.first_seen_ns),
            _minute(shape.last_seen_ns),
        )
    screen.print(made)
    for one in new:
        screen.print(f"[bold]new[/] {printable(words(one))} [dim]{_minute(one.first_seen_ns)}[/]")
    if not shown:
        screen.print("[dim]None.[/]")


def _minute(instant_ns: int) -> str:
    from daybook.cli.console import short_time
    from daybook.domain.instants import format_instant

    return short_time(format_instant(instant_ns))[: len("2026-03-01 10:00")]
