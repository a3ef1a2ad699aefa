"""For seeing what cannot be right, and which webhooks were probably missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import rich_click as click

from daybook.cli.options import chosen_source, json_option, opened, source_option

if TYPE_CHECKING:
    from daybook.domain.findings import Code
    from daybook.web.docket import Findings

# Written out: the domain is not loaded before a command runs, and a test compares.
CODES: Final = (
    "no_created",
    "no_show_after_cancelled",
    "capacity_exceeded",
    "completed_without_started",
    "started_after_completed",
    "appointment_without_group",
    "after_deleted",
    "unknown_status_code",
)
KINDS: Final = ("registration", "class-session", "appointment", "appointment-group")


@click.command()
@click.option("--code", type=click.Choice(CODES), help="Only what cannot be right in this way.")
@click.option("--kind", type=click.Choice(KINDS), help="Only what is about these.")
@click.option("--center", "center_id", metavar="ID", help="Only what is of this center.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many, newest first.")
@source_option
@json_option
def findings(
    *, code: str | None, kind: str | None, center_id: str | None, limit: int, source: str | None, as_json: bool
) -> None:
    """What cannot be right in what was told, and which webhook was probably missed.

    Read from the read models, as the API does: it tells what a follower has posted. A finding goes by itself when what
    was missed arrives after all.
    """
    import msgspec

    from daybook.cli.console import print_json
    from daybook.cli.subject import lag
    from daybook.domain.identity import Kind, normalize_id
    from daybook.reading.findings import Wanted
    from daybook.settings import Settings
    from daybook.web.docket import page_of

    settings = Settings.load()
    source = chosen_source(settings, source)
    wanted = Wanted(
        code=cast("Code | None", code),
        kind=None if kind is None else Kind(kind),
        center_id=None if center_id is None else normalize_id(center_id),
    )
    with opened(settings) as daybook:
        page, position = page_of(daybook.read_store, source, wanted, limit=limit)
        behind = max(daybook.journal.head() - position, 0)
    if as_json:
        print_json(msgspec.to_builtins(page))
    else:
        _print(page, source)
    if behind:
        click.echo(f"daybook: {lag(behind)}", err=True)


def _print(page: Findings, source: str) -> None:
    from daybook.cli.console import console, printable, short_time, table

    screen = console()
    if not page.items:
        screen.print(f"Nothing that source {source} has told is found to be wrong.")
        return
    made = table("occurred", "what cannot be right", "probably missed")
    for item in page.items:
        about = f"[dim]{item.kind} {printable(item.subject_id)}[/]"
        made.add_row(short_time(item.occurred_at).replace(" ", "\n"), f"[yellow]{item.code}[/]\n{about}", item.suggests)
    screen.print(made)
    if page.cursor is not None:
        screen.print("[dim]There are more: --limit shows up to 1000, --code and --kind choose.[/]")
