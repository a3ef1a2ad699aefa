"""For taking webhooks in from files: history that was kept elsewhere, or a stream of `daybook simulate`."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import rich_click as click

from daybook.cli.options import chosen_source, json_option, opened, source_option
from daybook.errors import DaybookError, StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from daybook.bootstrap import Daybook
    from daybook.cli.bodies import Body

IN_FLIGHT_MAX: Final = 256
"""Bodies that wait for one commit: what waits together is committed together."""
ATTEMPTS_MAX: Final = 5
RETRY_AFTER_S_MAX: Final = 5
"""Nobody else's time-out is at stake here, so that a store that is busy is asked again soon."""


@click.command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@source_option
@click.option("--event-type", metavar="TYPE", help="The type of bare bodies that tell none: Appointment.Started …")
@json_option
def import_(files: tuple[str, ...], *, source: str | None, event_type: str | None, as_json: bool) -> None:
    """Take in bodies from files, the same way as over HTTP. Safe to repeat: what is known is a duplicate.

    A *.json file is one body, byte for byte; *.ndjson, *.jsonl and - (standard input) hold one body a line, or lines of
    `daybook simulate`, which may tell when they arrived. Projections follow as soon as a follower runs.
    """
    from daybook.cli.console import print_json
    from daybook.cli.outcomes import print_outcomes
    from daybook.settings import Settings

    settings = Settings.load()
    source = chosen_source(settings, source)
    outcomes: Counter[str] = Counter()
    try:
        with opened(settings, create=True) as daybook:
            asyncio.run(_import(daybook, source, event_type, files, outcomes))
    finally:
        # Whatever ended it, what was taken in was taken in.
        print_json(dict(outcomes)) if as_json else print_outcomes(outcomes)
    if outcomes["quarantined"] and not as_json:
        click.echo(f"`daybook quarantine list --source {source}` tells why.", err=True)


async def _import(
    daybook: Daybook, source: str, event_type: str | None, files: tuple[str, ...], outcomes: Counter[str]
) -> None:
    from daybook.cli.console import progress

    with progress() as shown:
        task = shown.add_task("importing", total=_bytes_in(files), note="")

        def count(status: str, bytes_read: int) -> None:
            outcomes[status] += 1
            shown.update(task, advance=bytes_read, note=f"{outcomes.total():,} bodies")

        waiting = _bodies(files, daybook.settings.body_bytes_max)
        daybook.intake.start()
        try:
            takers = (_take(daybook, source, event_type, waiting, count) for _ in range(IN_FLIGHT_MAX))
            # What is under way when one fails is taken in all the same, and has to be counted.
            ended = await asyncio.gather(*takers, return_exceptions=True)
        finally:
            await daybook.intake.stop()
    failures = [failure for failure in ended if failure is not None]
    if failures:
        raise failures[0]


async def _take(
    daybook: Daybook,
    source: str,
    event_type: str | None,
    waiting: Generator[Body],
    count: Callable[[str, int], None],
) -> None:
    for body in waiting:
        try:
            status = await _import_one(daybook, source, event_type, body)
        except DaybookError:
            waiting.close()
            raise
        count(status, body.bytes_read)


async def _import_one(daybook: Daybook, source: str, event_type: str | None, body: Body) -> str:
    from daybook.intake import Answer

    reason = ""
    for attempts_left in reversed(range(ATTEMPTS_MAX)):
        answer = await daybook.intake.import_(
            source, body.body, url_type=body.event_type or event_type, arrived_at_ns=body.arrived_at_ns
        )
        if isinstance(answer, Answer):
            return answer.status
        reason = answer.detail
        if answer.retry_after_s is None:
            raise DaybookError(f"a body was refused: {reason}")
        if attempts_left:
            await asyncio.sleep(min(answer.retry_after_s, RETRY_AFTER_S_MAX))
    raise StoreUnavailableError(f"{reason}; import again later, what was taken in is not taken in twice")


def _bodies(files: Iterable[str], body_bytes_max: int) -> Generator[Body]:
    from daybook.cli.bodies import read_bodies

    for file in files:
        yield from read_bodies(file, body_bytes_max)


def _bytes_in(files: tuple[str, ...]) -> int | None:
    """How much there is to read; None where a stream does not tell."""
    paths = [Path(file) for file in files]
    return sum(path.stat().st_size for path in paths) if all(path.is_file() for path in paths) else None
