"""Readers that look on while things happen: what the API serves, and whether positions become visible in order."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Self

import httpx
import psycopg

from tests.server.process import ServerProcess
from tests.server.proof import Verdict
from tests.server.rows import PATHS, Served

PAUSE_S = 0.05
PAGE_ITEMS = 100
SERVED_MAX = 2_000


@dataclass
class Witness:
    """Two threads; whatever is out of reach for a while is asked again later."""

    servers: Sequence[ServerProcess]
    served: list[Served] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    looks: int = 0
    _is_over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        for look in (self._read, self._count):
            self._threads.append(threading.Thread(target=look, daemon=True))
            self._threads[-1].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join(timeout=30)
            assert not thread.is_alive()

    def verdict(self) -> Verdict:
        """What it saw with its own eyes; what was `served` is compared with the journal afterwards."""
        assert self.looks, "it never saw the journal"
        return Verdict(wrong=self.gaps)

    def _read(self) -> None:
        asked = cycle([(server, path) for path in (*PATHS, "history") for server in self.servers])
        with httpx.Client(timeout=10) as client:
            for server, path in asked:
                params: dict[str, int | str] = {
                    "limit": PAGE_ITEMS,
                    **({"time": "recorded"} if path == "history" else {}),
                }
                with contextlib.suppress(httpx.TransportError):
                    answer = client.get(f"{server.url}/v1/main/{path}", params=params)
                    if answer.status_code == httpx.codes.OK:
                        position = int(answer.headers["Daybook-Position"])
                        self.served.append(Served(path, position, answer.json()["items"]))
                if self._is_over.wait(PAUSE_S) or len(self.served) >= SERVED_MAX:
                    return

    def _count(self) -> None:
        """No position may be missing below one that is visible, at any moment."""
        url = self.servers[0].database_url
        while not self._is_over.is_set():
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url, autocommit=True) as connection:
                self._look(connection)
            self._is_over.wait(PAUSE_S)

    def _look(self, connection: psycopg.Connection) -> None:
        while not self._is_over.wait(PAUSE_S):
            count, last = connection.execute(_VISIBLE).fetchone() or (0, 0)
            self.looks += 1
            if count != last:
                self.gaps.append(f"{count} events are visible, and the last position is {last}")


_VISIBLE = "SELECT count(*), coalesce(max(position), 0) FROM journal.events"
