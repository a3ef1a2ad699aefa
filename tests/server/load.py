"""Senders that keep servers busy and remember every answer they got."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import islice
from typing import NamedTuple, Self

from daybook.simulation import Disorder, Scenario, Webhook, simulate
from daybook.zenoti.signature import HEADER, sign
from tests.server.process import SECRET, WAIT_S_MAX, ServerProcess, wait_until

SENDERS = 16
ANSWER_WAIT_S = 10
"""Zenoti hangs up then."""
PAUSE_S = 0.1
"""Between two tries of one webhook: Zenoti's first pause is 30 s, but a test has no such time."""
LOAD_S_MAX = 120
WEBHOOKS_MAX = 1_000_000


class Acknowledged(NamedTuple):
    """A webhook that was answered 2xx, and what the answer said."""

    webhook: Webhook
    answer: dict[str, object]
    server: ServerProcess


class Refused(NamedTuple):
    """Any other answer."""

    status: int
    retry_after: str | None
    waited_s: float
    server: ServerProcess


@dataclass
class Load:
    """A stream of webhooks, sent by several threads to several servers in turn until it ends or is ended.

    A sender whose server is gone gives up; with `insists` it sends on, to the next server, until it is answered 2xx.
    """

    servers: Sequence[ServerProcess]
    webhooks: Iterable[Webhook]
    copies: int = 1
    """How often each webhook is sent, at about the same moment and each time to another server."""
    insists: bool = False
    senders: int = SENDERS
    acknowledged: list[Acknowledged] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    unanswered: int = 0
    silent: list[ServerProcess] = field(default_factory=list)
    """Those that took a call and said nothing for as long as Zenoti waits, once for each such call."""
    lag_s: float = 0.0
    """How late this machine itself was at worst: what a sender measures includes that."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)
    _is_over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        calls = (webhook for webhook in self.webhooks for _ in range(self.copies))
        stream = enumerate(calls)
        self._threads = [threading.Thread(target=self._send, args=(stream,), daemon=True) for _ in range(self.senders)]
        self._threads.append(threading.Thread(target=self._watch, daemon=True))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            # A failed test has no use for the rest.
            self.end()
        self.join()

    def join(self) -> None:
        """Wait until everything was sent."""
        deadline = time.monotonic() + LOAD_S_MAX
        *senders, watch = self._threads
        for thread in senders:
            thread.join(timeout=max(0.0, deadline - time.monotonic()))
        self._is_over.set()
        watch.join()
        assert not any(thread.is_alive() for thread in senders), f"the load has not ended in {LOAD_S_MAX} s"

    def end(self) -> None:
        """Send no more; what is under way may still be answered."""
        self._is_over.set()

    def wait_for_more(self, count: int = 100, *, wait_s_max: float = WAIT_S_MAX) -> None:
        """Wait until so many more were acknowledged."""
        wanted = len(self.acknowledged) + count
        wait_until(lambda: len(self.acknowledged) >= wanted, f"{count} more are acknowledged", wait_s_max)

    def _send(self, stream: Iterator[tuple[int, Webhook]]) -> None:
        clients = _Clients()
        try:
            while (call := self._next(stream)) is not None:
                number, webhook = call
                while not self._try(clients, self.servers[number % len(self.servers)], webhook):
                    if not self.insists:
                        break
                    number += 1
                    self._is_over.wait(PAUSE_S)
                    if self._is_over.is_set():
                        return
        except (OSError, http.client.HTTPException):
            return
        finally:
            clients.close()

    def _try(self, clients: _Clients, server: ServerProcess, webhook: Webhook) -> bool:
        """Whether it was acknowledged."""
        asked_at_s = time.monotonic()
        try:
            status, headers, told = clients.post(server, webhook)
        except (OSError, http.client.HTTPException) as error:
            clients.drop(server)
            with self._lock:
                self.unanswered += 1
            if isinstance(error, TimeoutError):
                self.silent.append(server)
            if not self.insists:
                raise
            return False
        if status == HTTPStatus.OK:
            self.acknowledged.append(Acknowledged(webhook, told, server))
            return True
        self.refused.append(Refused(status, headers.get("Retry-After"), time.monotonic() - asked_at_s, server))
        return False

    def _watch(self) -> None:
        while not self._is_over.is_set():
            asked_at_s = time.monotonic()
            self._is_over.wait(PAUSE_S)
            self.lag_s = max(self.lag_s, time.monotonic() - asked_at_s - PAUSE_S)

    def _next(self, stream: Iterator[tuple[int, Webhook]]) -> tuple[int, Webhook] | None:
        with self._lock:
            return None if self._is_over.is_set() else next(stream, None)


class _Clients:
    """One thread's connections, one for each server."""

    def __init__(self) -> None:
        self._open: dict[int, http.client.HTTPConnection] = {}

    def post(self, server: ServerProcess, webhook: Webhook) -> tuple[int, http.client.HTTPMessage, dict[str, object]]:
        client = self._open.get(server.port)
        if client is None:
            client = self._open[server.port] = http.client.HTTPConnection(
                "127.0.0.1", server.port, timeout=ANSWER_WAIT_S
            )
        path = "/webhooks/main" + (f"/{webhook.event_type}" if webhook.event_type else "")
        client.request("POST", path, webhook.body, {HEADER: sign(SECRET, webhook.body)})
        answer = client.getresponse()
        return answer.status, answer.headers, json.loads(answer.read())

    def drop(self, server: ServerProcess) -> None:
        client = self._open.pop(server.port, None)
        if client is not None:
            client.close()

    def close(self) -> None:
        for client in self._open.values():
            client.close()


def day(webhooks: int, *, seed: int, skip: int = 0) -> list[Webhook]:
    """A disorderly stream: late, repeated, shuffled, malformed and bare deliveries in it."""
    return list(islice(days(seed=seed), skip, skip + webhooks))


def days(*, seed: int) -> Iterator[Webhook]:
    """The same, longer than any test."""
    disorder = Disorder(late=0.05, shuffled=0.2, repeated=0.1, malformed=0.02, bare=0.1)
    return simulate(Scenario(seed=seed, webhooks=WEBHOOKS_MAX, disorder=disorder))
