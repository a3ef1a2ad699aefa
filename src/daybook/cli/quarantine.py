"""For what could not be understood: seeing it, seeing one whole, and letting it in."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import rich_click as click

from daybook.cli.options import chosen_source, json_option, opened, source_option
from daybook.errors import DaybookError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daybook.bootstrap import Daybook
    from daybook.intake import Answer
    from daybook.journal.entries import Delivery

_BODY_CHARS_SHOWN: Final = 2_000
_RELEASED_BY: Final = "cli"


@click.group()
def quarantine() -> None:
    """What could not be understood: list it, show one, release it (translate it again)."""


@quarantine.command("list")
@source_option
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many, newest first.")
@json_option
def list_(*, source: str | None, limit: int, as_json: bool) -> None:
    """The newest quarantined deliveries, and how many there are of each reason."""
    import msgspec

    from daybook.cli.console import console, print_json, printable, short_time, table
    from daybook.settings import Settings
    from daybook.web.receipts import summary

    settings = Settings.load()
    source = chosen_source(settings, source)
    with opened(settings) as daybook:
        inbox = daybook.journal.inbox
        found = [summary(delivery) for delivery in inbox.quarantine(source=source, limit=limit).items]
        counts = inbox.quarantine_counts(source)
    if as_json:
        print_json({"items": msgspec.to_builtins(found), "counts": counts})
        return
    screen = console()
    if not found:
        screen.print(f"Nothing of source {source} is quarantined.")
        return
    made = table("delivery", "arrived", "why, and as what")
    for item in found:
        why = f"[yellow]{item.reason}[/]\n[dim]{printable(item.event_type or item.url_type or 'no type')}[/]"
        made.add_row(item.delivery_id, short_time(item.arrived_at).replace(" ", "\n"), why)
    screen.print(made)
    told = ", ".join(f"{count:,} {reason}" for reason, count in sorted(counts.items(), key=lambda pair: -pair[1]))
    screen.print(f"{sum(counts.values()):,} in all: {told}")
    screen.print("[dim]daybook quarantine show DELIVERY tells more; … release DELIVERY tries again.[/]")


@quarantine.command("show")
@click.argument("delivery_id", type=click.UUID)
@source_option
@click.option("--body", is_flag=True, help="Write the body alone, byte for byte.")
@json_option
def show(*, delivery_id: UUID, source: str | None, body: bool, as_json: bool) -> None:
    """One delivery: where it came from, what became of it and why, and its body (which holds personal data)."""
    import msgspec

    from daybook.cli.console import print_json
    from daybook.settings import Settings
    from daybook.web.receipts import whole

    settings = Settings.load()
    source = chosen_source(settings, source)
    with opened(settings) as daybook:
        delivery = _found(daybook, source, delivery_id)
        raw = daybook.journal.inbox.body(delivery_id)
    if body:
        if raw is None:
            raise DaybookError("the body of this delivery was erased")
        sys.stdout.buffer.write(raw)
        sys.stdout.buffer.flush()
    elif as_json:
        print_json(msgspec.to_builtins(whole(delivery, [])))
    else:
        _print_delivery(delivery, raw)


@quarantine.command("release")
@click.argument("delivery_ids", metavar="DELIVERY...", type=click.UUID, nargs=-1, required=True)
@source_option
@click.option("--event-type", metavar="TYPE", help="What a bare body is: Appointment.Started …")
@click.option("--distinct", is_flag=True, help="Let a conflict in, as an event of its own beside the first.")
@json_option
def release(
    *, delivery_ids: Sequence[UUID], source: str | None, event_type: str | None, distinct: bool, as_json: bool
) -> None:
    """Translate quarantined deliveries again; to release an unsigned one is to vouch for it.

    Fails where one of them stays in quarantine.
    """
    from daybook.cli.console import console, print_json, printable, styled
    from daybook.settings import Settings

    settings = Settings.load()
    source = chosen_source(settings, source)
    answers: list[dict[str, Any]] = []
    with opened(settings) as daybook:
        for answer in asyncio.run(_release(daybook, delivery_ids, source, event_type, distinct=distinct)):
            answers.append(_told(answer))
            if not as_json:
                position = "" if answer.position is None else f" [dim]at position {answer.position}[/]"
                detail = f": {printable(answer.detail)}" if answer.detail else ""
                console().print(f"{answer.delivery_id} {styled(answer.status)}{position}{detail}")
    if as_json:
        print_json({"items": answers})
    stayed = sum(answer["status"] == "quarantined" for answer in answers)
    if stayed:
        raise DaybookError(f"{stayed} of {len(answers)} stay in quarantine")


async def _release(
    daybook: Daybook, delivery_ids: Sequence[UUID], source: str, event_type: str | None, *, distinct: bool
) -> list[Answer]:
    return [
        await daybook.intake.release(
            delivery_id, source=source, event_type=event_type, distinct=distinct, by=_RELEASED_BY
        )
        for delivery_id in delivery_ids
    ]


def _told(answer: Answer) -> dict[str, Any]:
    return {
        "status": answer.status,
        "delivery_id": None if answer.delivery_id is None else str(answer.delivery_id),
        "position": answer.position,
        "detail": answer.detail,
    }


def _found(daybook: Daybook, source: str, delivery_id: UUID) -> Delivery:
    delivery = daybook.journal.inbox.delivery(delivery_id, source)
    if delivery is None:
        raise DaybookError(f"source {source} has no delivery {delivery_id} ({daybook.settings.store})")
    return delivery


def _print_delivery(delivery: Delivery, raw: bytes | None) -> None:
    from rich.table import Table

    from daybook.cli.console import console, printable, styled
    from daybook.domain.instants import format_instant

    screen = console()
    screen.print(f"[bold]delivery {delivery.delivery_id}[/] {styled(delivery.outcome.outcome)}")
    made = Table.grid(padding=(0, 2))
    for name, value in (
        ("event type", delivery.outcome.event_type or delivery.event_type or delivery.url_type),
        ("event id", delivery.event_id),
        ("arrived", format_instant(delivery.arrived_at_ns)),
        ("called", f"{delivery.method} {delivery.path}"),
        ("via", delivery.via),
        ("from", delivery.peer),
        ("origin", delivery.origin),
        ("signature", delivery.signature),
        ("told again", f"{delivery.repeat_count} times" if delivery.repeat_count else None),
    ):
        if value:
            made.add_row(f"  [dim]{name}[/]", printable(value))
    screen.print(made)
    for outcome in delivery.outcomes:
        by = f", released by {printable(outcome.released_by)}" if outcome.released_by else ""
        why = f": {outcome.reason} ({printable(outcome.detail or '')})" if outcome.reason else ""
        screen.print(f"{format_instant(outcome.recorded_at_ns)} {styled(outcome.outcome)}{by}{why}")
    if raw is None:
        screen.print("\n[dim]Its body was erased.[/]")
        return
    screen.print(f"\n[bold]body[/] [dim]{len(raw):,} bytes[/]")
    screen.print(printable(raw[:_BODY_CHARS_SHOWN].decode(errors="backslashreplace")))
    if len(raw) > _BODY_CHARS_SHOWN:
        screen.print(f"[dim]… the rest with: daybook quarantine show --body {delivery.delivery_id}[/]")
