"""Somebody who reads all the time: one connection, and every answer kept with the position that it told."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, Final, Self

import httpx

from tests.server.process import ServerProcess
from tests.soak.tally import Answer

ANSWERS_MAX: Final = 50_000
PAUSE_S: Final = 0.01
PAGE_ITEMS: Final = 1_000
HISTORY_ITEMS: Final = 100
ANSWER_WAIT_S: Final = 30.0
_TOLD: Final = ("registration_id", "version", "position", "status", "zenoti_type")


@dataclass
class Reader:
    """Asks for whole sessions, single registrations and the newest of the history, in turn, until it is left."""

    server: ServerProcess
    session_ids: Callable[[random.Random], str]
    registration_ids: Callable[[random.Random], str]
    seed: int
    answers: list[Answer] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What no count is needed to see: a position that steps back, an answer that is no answer."""
    _is_over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        assert self._thread is not None
        self._thread.join(timeout=ANSWER_WAIT_S)
        assert not self._thread.is_alive()

    def _read(self) -> None:
        chance = random.Random(self.seed)
        last: dict[str, int] = {}
        with httpx.Client(base_url=f"{self.server.url}/v1/main", timeout=ANSWER_WAIT_S) as client:
            for projection, path, params in self._questions(chance):
                if self._is_over.wait(PAUSE_S) or len(self.answers) >= ANSWERS_MAX:
                    return
                try:
                    self._ask(client, projection, path, params, last)
                except httpx.HTTPError as error:
                    self.wrong.append(f"{path}: {type(error).__name__}")

    def _questions(self, chance: random.Random) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for kind in cycle(("session", "one", "history")):
            if kind == "session":
                asked = {"session_id": self.session_ids(chance), "limit": PAGE_ITEMS}
                yield "registrations", "/registrations", asked
            elif kind == "one":
                yield "registrations", f"/registrations/{self.registration_ids(chance)}", {}
            else:
                yield "history", "/history", {"time": "recorded", "limit": HISTORY_ITEMS}

    def _ask(
        self, client: httpx.Client, projection: str, path: str, params: dict[str, Any], last: dict[str, int]
    ) -> None:
        answer = client.get(path, params=params)
        if answer.status_code != httpx.codes.OK:
            self.wrong.append(f"{path} was answered {answer.status_code}")
            return
        position = int(answer.headers["Daybook-Position"])
        if position < last.get(projection, 0):
            self.wrong.append(f"{projection} stepped back from {last[projection]} to {position}")
        last[projection] = position
        told = answer.json()
        rows = told.get("items", [told])
        if told.get("cursor") is not None and projection != "history":
            self.wrong.append(f"{path} has more than a page")
        kept = [{name: row[name] for name in _TOLD if name in row} for row in rows]
        self.answers.append(Answer(projection, params.get("session_id"), position, kept))
