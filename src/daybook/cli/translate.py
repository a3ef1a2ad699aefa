"""For letting a newer translation read old deliveries again: the bodies are all still there."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import rich_click as click

from daybook.cli.options import json_option, opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daybook.bootstrap import Daybook
    from daybook.intake import Retranslation
    from daybook.journal.entries import OutcomeName


@click.command()
@click.option("--kept", is_flag=True, help="Those that were about something else.")
@click.option("--quarantined", is_flag=True, help="Those that could not be understood.")
@click.option("--recorded", is_flag=True, help="Those that became events.")
@click.option("--source", metavar="NAME", help="Only of this source; without it, of all.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be appended.")
@json_option
def translate(*, source: str | None, dry_run: bool, as_json: bool, **asked: bool) -> None:
    """Translate deliveries again by this version's translation; all three kinds where none is named.

    Appends what is missing and what is now read otherwise. Nothing is changed or deleted, and to repeat it is safe.
    """
    from daybook.cli.console import console, print_json
    from daybook.cli.options import chosen_source
    from daybook.settings import Settings

    settings = Settings.load()
    source = None if source is None else chosen_source(settings, source)
    outcomes: Sequence[Any] = [name for name, chosen in asked.items() if chosen] or sorted(asked)
    with opened(settings) as daybook:
        done = asyncio.run(_translate(daybook, outcomes, source, dry_run=dry_run))
    if as_json:
        print_json({**asdict(done), "dry_run": dry_run})
        return
    would, appended = ("would be", "to append") if dry_run else ("were", "appended")
    console().print(
        f"{done.read:,} deliveries read again: {done.changed:,} {would} told otherwise, {done.recorded:,} of them"
        f" recorded for the first time. Events {appended}: {done.events:,}, of which {done.superseding:,} supersede"
        f" older ones and {done.withdrawing:,} withdraw them.{_quarantined(done.quarantined, dry_run=dry_run)}"
    )


def _quarantined(count: int, *, dry_run: bool) -> str:
    """What waits for a person now, and where to see it."""
    if not count:
        return ""
    if dry_run:
        return f" To quarantine, since they cannot be read: {count:,}."
    return f" Quarantined, since they cannot be read: {count:,}; `daybook quarantine list` tells why."


async def _translate(
    daybook: Daybook, outcomes: Sequence[OutcomeName], source: str | None, *, dry_run: bool
) -> Retranslation:
    from daybook.cli.console import progress
    from daybook.intake import Retranslation

    done = Retranslation()
    with progress() as shown:
        task = shown.add_task("translating", total=None, note="")
        async for done in daybook.intake.retranslate(outcomes, source=source, dry_run=dry_run):
            shown.update(task, note=f"{done.read:,} deliveries, {done.events:,} events")
    return done
