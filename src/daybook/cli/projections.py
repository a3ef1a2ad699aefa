"""For seeing how far each read model has got."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import rich_click as click

from daybook.cli.options import json_option

if TYPE_CHECKING:
    from rich.table import Table

    from daybook.bootstrap import Daybook


@click.command()
@json_option
def projections(*, as_json: bool) -> None:
    """All projections: versions, position, lag, and why one stopped."""
    from daybook.cli.console import console, print_json
    from daybook.cli.options import opened
    from daybook.settings import Settings

    with opened(Settings.load()) as daybook:
        items, head = _items(daybook), daybook.journal.head()
    if as_json:
        print_json({"head": head, "items": items})
        return
    screen = console()
    screen.print(_table(items))
    for item in items:
        if item["stopped_reason"]:
            where = f" at position {item['stopped_at']}" if item["stopped_at"] else ""
            screen.print(f"[red]{item['name']}[/] stopped{where}: {item['stopped_reason']}", markup=True)
    screen.print(f"[dim]The journal ends at position {head:,}.[/]")


def _items(daybook: Daybook) -> list[dict[str, Any]]:
    """In the shape of `GET /ops/projections`."""
    from daybook.domain.instants import format_instant
    from daybook.projecting.status import lag_of

    items = []
    for status in daybook.read_store.status():
        item = asdict(status)
        updated_at_ns = item.pop("updated_at_ns")
        item["updated_at"] = None if updated_at_ns is None else format_instant(updated_at_ns)
        items.append({**item, "lag": asdict(lag_of(daybook.journal, status.position))})
    return items


def _table(items: list[dict[str, Any]]) -> Table:
    from daybook.cli.console import duration, table

    made = table("projection", "live", ">position", "lag", "state", "kept by")
    styles = {"following": "green", "stopped": "bold red", "frozen": "yellow"}
    for item in items:
        others = [f"v{version}" for version in item["versions"] if version != item["live"]]
        live = "none" if item["live"] is None else f"v{item['live']}"
        live += f" (also {', '.join(others)})" if others else ""
        lag = item["lag"]
        behind = f"{lag['events']:,} events, {duration(lag['seconds'])}" if lag["events"] else "none"
        state = f"[{styles[item['state']]}]{item['state']}[/]"
        made.add_row(item["name"], live, f"{item['position']:,}", behind, state, item["leader"] or "[yellow]nobody[/]")
    return made
