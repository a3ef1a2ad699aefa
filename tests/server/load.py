"""Senders that keep a server busy and remember every answer they got."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import islice
from typing import Self

from daybook.simulation import Disorder, Scenario, Webhook, simulate
from daybook.zenoti.signature import HEADER, sign
from tests.server.process import SECRET, ServerProcess

SENDERS = 16


@dataclass
class Load:
    """A bounded stream of webhooks, sent by several threads until it ends or the server is gone."""

    server: ServerProcess
    webhooks: list[Webhook]
    acknowledged: list[tuple[Webhook, dict[str, object]]] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    unanswered: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        stream = iter(self.webhooks)
        self._threads = [threading.Thread(target=self._send, args=(stream,), daemon=True) for _ in range(SENDERS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.join()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(timeout=60)
            assert not thread.is_alive()

    def _send(self, stream: Iterator[Webhook]) -> None:
        client = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        try:
            while (webhook := self._next(stream)) is not None:
                path = "/webhooks/main" + (f"/{webhook.event_type}" if webhook.event_type else "")
                client.request("POST", path, webhook.body, {HEADER: sign(SECRET, webhook.body)})
                answer = client.getresponse()
                told = json.loads(answer.read())
                if answer.status == HTTPStatus.OK:
                    self.acknowledged.append((webhook, told))
                else:
                    self.refused.append(answer.status)
        except (OSError, http.client.HTTPException):
            self.unanswered += 1
        finally:
            client.close()

    def _next(self, stream: Iterator[Webhook]) -> Webhook | None:
        with self._lock:
            return next(stream, None)


def day(webhooks: int, *, seed: int, skip: int = 0) -> list[Webhook]:
    """A disorderly stream: late, repeated, shuffled, malformed and bare deliveries in it."""
    disorder = Disorder(late=0.05, shuffled=0.2, repeated=0.1, malformed=0.02, bare=0.1)
    scenario = Scenario(seed=seed, webhooks=webhooks + skip, disorder=disorder)
    return list(islice(simulate(scenario), skip, None))
