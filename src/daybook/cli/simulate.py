"""For trying daybook without Zenoti: a believable stream of webhooks, to a URL or as lines."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

import rich_click as click

from daybook.cli.options import json_option
from daybook.errors import DaybookError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from daybook.simulation import Scenario, Webhook

_SHARE = click.FloatRange(0, 1)


@click.command()
@click.option("--webhooks", type=click.IntRange(0), metavar="N", help="How many; without it, all that one day gives.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same stream.")
@click.option("--centers", type=click.IntRange(1), default=5, show_default=True, help="How large the chain is.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The first day.  [default: 2025-03-14]")
@click.option("--late", type=_SHARE, default=0.0, metavar="SHARE", help="Share that arrives up to six hours late.")
@click.option("--shuffled", type=_SHARE, default=0.0, metavar="SHARE", help="Share that its neighbours overtake.")
@click.option("--repeated", type=_SHARE, default=0.0, metavar="SHARE", help="Share that arrives twice.")
@click.option("--malformed", type=_SHARE, default=0.0, metavar="SHARE", help="Share that nobody can understand.")
@click.option("--bare", type=_SHARE, default=0.0, metavar="SHARE", help="Share of bodies without an envelope.")
@click.option("--miss", type=click.IntRange(0), default=0, metavar="N", help="Leave N events out, and say which.")
@click.option("--to", "url", metavar="URL", help="Send to this URL, e.g. http://127.0.0.1:8000/webhooks/main.")
@click.option("--secret", help="Sign what is sent with this secret.")
@click.option("--connections", type=click.IntRange(1, 256), default=16, show_default=True, help="Connections to URL.")
@json_option
def simulate(
    *,
    url: str | None,
    secret: str | None,
    connections: int,
    as_json: bool,
    day: datetime | None,
    **asked: Any,  # noqa: ANN401  what a scenario is made of, by its names
) -> None:
    """A believable stream of a chain of centers: classes from the schedule to the no-show, visits to the feedback.

    Without --to it goes to standard output, a line for each webhook, as `daybook import` takes it. With --to it is sent
    and the answers are counted; a refusal makes the command fail. What --miss leaves out, and what should be found
    because of it, is listed on standard error, with --json as a JSON array.
    """
    from daybook.cli.missing import print_missed

    if url is None and secret is not None:
        raise click.UsageError("--secret signs what is sent: it needs --to URL.")
    scenario, webhooks = _stream(day.date() if day else None, **asked)
    if url is None:
        for webhook in webhooks:
            sys.stdout.buffer.write(webhook.to_line())
        sys.stdout.buffer.flush()
        print_missed(scenario, as_json=as_json)
        return
    answers = _send(webhooks, asked["webhooks"], url, secret, connections)
    print_missed(scenario, as_json=as_json)
    _tell(answers, as_json=as_json)


def _stream(
    day: date | None, *, webhooks: int | None, seed: int, centers: int, miss: int, **shares: float
) -> tuple[Scenario, Iterator[Webhook]]:
    from daybook.simulation import Disorder, Scenario
    from daybook.simulation import simulate as stream

    given = {} if day is None else {"day": day}
    try:
        disorder = Disorder(**shares)
        scenario = Scenario(webhooks=webhooks, seed=seed, centers=centers, disorder=disorder, miss=miss, **given)
        return scenario, stream(scenario)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _send(
    webhooks: Iterable[Webhook], total: int | None, url: str, secret: str | None, connections: int
) -> Counter[str]:
    import httpx

    from daybook.cli.console import progress
    from daybook.simulation.sender import send

    answers: Counter[str] = Counter()
    with progress() as bar:
        task = bar.add_task("sending", total=total, note="")

        def count(webhook: Webhook, status: int, answer: dict[str, Any]) -> None:
            del webhook
            answers[str(answer.get("status")) if status == httpx.codes.OK else f"refused {status}"] += 1
            bar.update(task, advance=1, note=f"{answers.total():,} sent")

        try:
            asyncio.run(send(webhooks, url, secret, connections=connections, on_answer=count))
        except (httpx.TransportError, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise DaybookError(
                f"cannot send to {url}: {type(error).__name__} ({answers.total()} were answered)"
            ) from None
    return answers


def _tell(answers: Counter[str], *, as_json: bool) -> None:
    from daybook.cli.console import print_json
    from daybook.cli.outcomes import print_outcomes

    if as_json:
        print_json(dict(sorted(answers.items())))
    else:
        print_outcomes(answers)
    refused = {answer: count for answer, count in answers.items() if answer.startswith("refused")}
    if refused:
        told = ", ".join(f"{count} with {answer.split()[1]}" for answer, count in sorted(refused.items()))
        raise DaybookError(f"webhooks were refused: {told}; 401 means another secret, 404 another source")
