"""What the demo shows: what came in, what the state is now, and how one registration came to it."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import httpx

from daybook.cli.console import STATUS_STYLES, progress, styled, table
from daybook.cli.outcomes import bar, outcome_table
from daybook.cli.story import story
from daybook.demo.server import SECRET, SOURCE
from daybook.errors import DaybookError
from daybook.simulation import Disorder, Scenario, Webhook, simulate
from daybook.simulation.sender import send

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console, RenderableType

CENTERS: Final = 12
DISORDER: Final = Disorder(late=0.05, shuffled=0.2, repeated=0.05, malformed=0.005, bare=0.01)
CONNECTIONS: Final = 32
CATCH_UP_S_MAX: Final = 60.0
STORIES_MAX: Final = 20
"""How many histories are read to find one worth showing."""
_MOVE: Final = 4
_LATENESS: Final = 3
"""What makes a story interesting: each thing that happened, and then that one was told late."""
_POLL_S: Final = 0.05
_PAGE_ITEMS: Final = 1000
_BAR_CHARS: Final = 12


def show_day(screen: Console, url: str) -> None:
    """Play a day at the server at this URL, and show what became of it."""
    webhooks = list(simulate(Scenario(centers=CENTERS, disorder=DISORDER)))
    screen.print(f"\n[bold]daybook[/]: a day of {CENTERS} centers, told by Zenoti's webhooks to {url}\n")
    started = time.monotonic()
    answers = asyncio.run(_play(webhooks, f"{url}/webhooks/{SOURCE}"))
    took_s = time.monotonic() - started
    with httpx.Client(base_url=url, trust_env=False) as api:
        _wait_until_posted(api)
        _heading(screen, "What came in", f"{len(webhooks):,} webhooks in {took_s:.1f} s; some late, twice or broken")
        screen.print(outcome_table(answers))
        _heading(screen, "What the state is now", "whatever the order in which it was told")
        screen.print(_state(api))
        registration_id, entries = _storied(api, webhooks)
        _heading(screen, f"What happened to registration {registration_id}", "in the order in which it happened")
        screen.print(story(entries, delays=False))
    _heading(screen, "Look at it", "in a browser, or with curl")
    _print_places(screen, url, registration_id)


def _heading(screen: Console, title: str, words: str = "") -> None:
    screen.print(f"[bold cyan]{title}[/]" + (f"  [dim]{words}[/]" if words else ""))


async def _play(webhooks: list[Webhook], url: str) -> Counter[str]:
    answers: Counter[str] = Counter()
    started = time.monotonic()
    with progress() as shown:
        task = shown.add_task("playing the day", total=len(webhooks), note="")

        def count(_: Webhook, status: int, answer: dict[str, Any]) -> None:
            answers[str(answer["status"]) if status == httpx.codes.OK else "refused"] += 1
            rate = answers.total() / (time.monotonic() - started)
            shown.update(task, advance=1, note=f"{answers.total():,} webhooks, {rate:,.0f}/s")

        await send(webhooks, url, SECRET, connections=CONNECTIONS, on_answer=count)
    return answers


def _wait_until_posted(api: httpx.Client) -> None:
    deadline = time.monotonic() + CATCH_UP_S_MAX
    while time.monotonic() < deadline:
        projections = _items(api, "/ops/projections")
        if projections and all(projection["lag"]["events"] == 0 for projection in projections):
            return
        time.sleep(_POLL_S)
    raise DaybookError(f"the projections did not catch up within {CATCH_UP_S_MAX:.0f} s; see /ops/projections")


def _items(api: httpx.Client, path: str, **parameters: str | int) -> list[dict[str, Any]]:
    """All items of a list, page after page."""
    found: list[dict[str, Any]] = []
    while True:
        answer = api.get(path, params=parameters).raise_for_status().json()
        found += answer["items"]
        if not answer.get("cursor"):
            return found
        parameters["cursor"] = answer["cursor"]


def _state(api: httpx.Client) -> RenderableType:
    from rich.table import Table

    registrations = _items(api, f"/v1/{SOURCE}/registrations", limit=_PAGE_ITEMS)
    appointments = _items(api, f"/v1/{SOURCE}/appointments", limit=_PAGE_ITEMS)
    beside = Table.grid(padding=(0, 4))
    beside.add_row(
        _counts("registrations", Counter(row["status"] for row in registrations)),
        _counts("appointments", Counter(row["progress"] for row in appointments)),
    )
    return beside


def _counts(subject: str, counts: Counter[str]) -> RenderableType:
    made = table(subject, f">{counts.total():,}", "")
    largest = max(counts.values(), default=0)
    for word in (word for word in STATUS_STYLES if counts[word]):
        made.add_row(styled(word), f"{counts[word]:,}", f"[dim]{bar(counts[word], largest, _BAR_CHARS)}[/]")
    return made


def _storied(api: httpx.Client, webhooks: Iterable[Webhook]) -> tuple[str, list[dict[str, Any]]]:
    """The registration with the most eventful history: many events, best with one that came late."""
    told: dict[int, list[str]] = {}
    for webhook in webhooks:
        match _content(webhook.body):
            case {"data": {"registration_id": int(registration_id)}, "event_timestamp": str(occurred_at)}:
                told.setdefault(registration_id, []).append(occurred_at)
    promising = {id_: _MOVE * len(set(times)) + _LATENESS * (times != sorted(times)) for id_, times in told.items()}
    eventful = sorted(promising, key=lambda id_: (-promising[id_], id_))[:STORIES_MAX]
    histories = {id_: _items(api, f"/v1/{SOURCE}/registrations/{id_}/history") for id_ in eventful}
    best = max(histories, key=lambda id_: _interest(histories[id_]))
    return str(best), histories[best]


def _content(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None  # one of the malformed ones


def _interest(entries: list[dict[str, Any]]) -> int:
    moves = sum("status" in entry["changes"] for entry in entries)
    return _MOVE * moves + _LATENESS * any(entry["late"] for entry in entries)


def _print_places(screen: Console, url: str, registration_id: str) -> None:
    api = f"{url}/v1/{SOURCE}"
    for words, place in (
        ("what this is", f"{url}/"),
        ("every route", f"{url}/schema/openapi.json"),
        ("its state", f"{api}/registrations/{registration_id}"),
        ("its history", f"{api}/registrations/{registration_id}/history"),
        ("who did not come", f"{api}/registrations?status=no_show"),
        ("who is being served", f"{api}/appointments?progress=started"),
        ("what cannot be right", f"{api}/findings"),
        ("what nobody can read", f"{api}/quarantine"),
        ("how all of it runs", f"{url}/ops/projections"),
    ):
        # An address that is wrapped or cut cannot be followed.
        screen.print(f"  [dim]{words:22}[/]{place}", soft_wrap=True)
