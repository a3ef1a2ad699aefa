from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar
from uuid import UUID

import pytest

from daybook.intake import Answer, Call, Intake, Refusal, Silent, SourceRules
from daybook.journal import Journal
from daybook.journal.entries import Delivery
from daybook.zenoti.signature import HEADER, sign
from tests.bodies import sent
from tests.engines import Engine

T = TypeVar("T")
SECRET = "the current secret"
RULES = {
    "main": SourceRules((SECRET, "the previous secret")),
    "watched": SourceRules((SECRET,), "observe"),
    "open": SourceRules(),
}


class Desk:
    """An intake at work, called as the web layer would; the loop stands still between the calls."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.commits: list[int] = []
        self.intake = Intake(journal, RULES, observer=Batches(self.commits))
        self._runner = asyncio.Runner()

    def call(self, body: object, *, secret: str | None = SECRET, source: str = "main", **told: object) -> Call:
        raw = sent(body)
        headers = [("content-type", "application/json")]
        if secret is not None:
            headers.append((HEADER, sign(secret, raw)))
        facts: dict[str, Any] = {
            "url_type": None,
            "via": None,
            "method": "POST",
            "path": f"/webhooks/{source}",
            "peer": "127.0.0.1",
            "headers": headers,
            "arrived_at_ns": time.time_ns(),
        }
        return Call(source=source, body=raw, **{**facts, **told})

    def send(self, body: object, **told: Any) -> Answer | Refusal:  # noqa: ANN401  any field of a call
        """What one call is answered."""
        return self._runner.run(self.intake.receive(self.call(body, **told)))

    def post(self, body: object, **told: Any) -> Answer:  # noqa: ANN401  any field of a call
        """What one call is answered that must not be refused."""
        answer = self.send(body, **told)
        assert isinstance(answer, Answer), answer
        return answer

    def at_once(self, *calls: Call) -> list[Answer | Refusal]:
        """What calls are answered that come together."""

        async def together() -> list[Answer | Refusal]:
            return await asyncio.gather(*map(self.intake.receive, calls))

        return self._runner.run(together())

    def run(self, awaitable: Coroutine[Any, Any, T]) -> T:
        """For everything else that the intake offers."""
        return self._runner.run(awaitable)

    def delivery(self, answer: Answer) -> Delivery:
        """What the inbox says of an answered delivery."""
        assert isinstance(answer.delivery_id, UUID)
        delivery = self.journal.inbox.delivery(answer.delivery_id)
        assert delivery is not None
        return delivery

    def count(self, source: str = "main") -> int:
        """How many deliveries are in the inbox."""
        return len(self.journal.inbox.deliveries(source=source, limit=1_000).items)

    def close(self) -> None:
        """Stop cleanly, as the server does."""
        self._runner.run(self.intake.stop())
        self._runner.close()


class Batches(Silent):
    """Notes how many deliveries each commit had."""

    def __init__(self, commits: list[int]) -> None:
        self._commits = commits

    def committed(self, deliveries: int, events: int, seconds: float) -> None:
        self._commits.append(deliveries)


@pytest.fixture
def journal(engine: Engine) -> Iterator[Journal]:
    journal = engine.open()
    yield journal
    journal.close()


@pytest.fixture
def desk(journal: Journal) -> Iterator[Desk]:
    desk = Desk(journal)
    desk.intake.start()
    yield desk
    desk.close()
