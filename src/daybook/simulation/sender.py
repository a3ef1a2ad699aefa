"""Sends webhooks as Zenoti does: signed, several at a time, and again where the answer is "not now"."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import httpx

from daybook.zenoti.signature import HEADER, sign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from daybook.simulation.webhook import Webhook

CONNECTIONS_MAX: Final = 256
ATTEMPTS_MAX: Final = 6
"""The first attempt and five retries, which is what Zenoti documents."""
RETRY_AFTER_S_MAX: Final = 30.0
RETRY_AFTER_S_DEFAULT: Final = 1.0
TIMEOUT_S: Final = 10.0
"""Zenoti waits that long for an answer."""


async def send(
    webhooks: Iterable[Webhook],
    url: str,
    secret: str | None = None,
    *,
    connections: int = 16,
    on_answer: Callable[[Webhook, int, dict[str, Any]], None],
) -> None:
    """Posts all webhooks to the URL of a source, each next one as soon as a connection is free.

    A bare body goes to `{url}/{event_type}`; with a secret each body is signed. A 503 and a failed connection are
    tried again, at most `ATTEMPTS_MAX` times, after as many seconds as the answer's `Retry-After` says. `on_answer` is
    told each webhook with the status and the JSON object of its last answer (`{}` if it is none). What it raises, and
    the `httpx.TransportError` of a last attempt, ends the sending.
    """
    if not 1 <= connections <= CONNECTIONS_MAX:
        raise ValueError(f"the number of connections is {connections}; it must be from 1 to {CONNECTIONS_MAX}")
    waiting = iter(webhooks)
    base = httpx.URL(url)
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    # The environment's proxies are for the internet, and could read what is sent here.
    async with httpx.AsyncClient(limits=limits, timeout=TIMEOUT_S, trust_env=False) as client:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(connections):
                    group.create_task(_sender(waiting, client, base, secret, on_answer))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None


async def _sender(
    waiting: Iterator[Webhook],
    client: httpx.AsyncClient,
    base: httpx.URL,
    secret: str | None,
    on_answer: Callable[[Webhook, int, dict[str, Any]], None],
) -> None:
    for webhook in waiting:
        answer = await _deliver(client, _request(client, base, webhook, secret))
        on_answer(webhook, answer.status_code, _object(answer))


def _request(client: httpx.AsyncClient, base: httpx.URL, webhook: Webhook, secret: str | None) -> httpx.Request:
    url = base
    if webhook.event_type is not None:
        url = base.copy_with(path=f"{base.path.rstrip('/')}/{webhook.event_type}")
    headers = {"content-type": "application/json"}
    if secret is not None:
        headers[HEADER] = sign(secret, webhook.body)
    return client.build_request("POST", url, content=webhook.body, headers=headers)


async def _deliver(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    for attempts_left in reversed(range(ATTEMPTS_MAX)):
        wait_s = RETRY_AFTER_S_DEFAULT
        try:
            answer = await client.send(request)
        except httpx.TransportError:
            if not attempts_left:
                raise
        else:
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or not attempts_left:
                return answer
            wait_s = _retry_after_s(answer)
        await asyncio.sleep(wait_s)
    raise AssertionError("the last attempt returns or raises")


def _retry_after_s(answer: httpx.Response) -> float:
    text = answer.headers.get("retry-after", "")
    # The other form of the header, a date, would ask for a clock that agrees with the server's.
    return min(float(text), RETRY_AFTER_S_MAX) if text.isascii() and text.isdigit() else RETRY_AFTER_S_DEFAULT


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
