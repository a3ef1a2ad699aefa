"""Whether this process lives, and whether its store takes writes: for whoever restarts or routes."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final, Literal

import msgspec
from litestar import Request, Router, get

from daybook.bootstrap import Daybook
from daybook.errors import StoreError
from daybook.web.description import example, problems
from daybook.web.problems import problem

LOCK_WAIT_S_MAX: Final = 2.0
"""A store that cannot be locked for so long is not ready: webhooks are waiting too."""
ANSWER_AGE_S_MAX: Final = 1.0
"""Asking often costs nothing: the answer is kept for so long."""


class Health(msgspec.Struct, frozen=True):
    """What was found."""

    status: Literal["live", "ready"]


class Probe:
    """Writes to the store to see whether it takes writes; one at a time, and its answer is kept for a second."""

    def __init__(self, daybook: Daybook) -> None:
        self._daybook = daybook
        self._lock = asyncio.Lock()
        self._asked_at_s = float("-inf")
        self._failure: str | None = None

    async def failure(self) -> str | None:
        """Why the store takes no writes, None where it does."""
        async with self._lock:
            if time.monotonic() - self._asked_at_s > ANSWER_AGE_S_MAX:
                self._failure = await asyncio.to_thread(self._ask)
                self._asked_at_s = time.monotonic()
            return self._failure

    def _ask(self) -> str | None:
        try:
            self._daybook.journal.probe(LOCK_WAIT_S_MAX)
        except StoreError as error:
            return str(error)
        return None


@get("/live", summary="Is the process alive?", operation_class=example(Health("live")), sync_to_thread=False)
def live() -> Health:
    """Answers as long as the process can answer anything, whatever its store does."""
    return Health("live")


@get(
    "/ready",
    summary="Does the store take writes?",
    operation_class=example(Health("ready")),
    responses=problems("store-unavailable"),
)
async def ready(request: Request[Any, Any, Any]) -> Health:
    """Writes to the store and tells whether that worked; kept for a second."""
    probe: Probe = request.app.state.probe
    failure = await probe.failure()
    if failure is not None:
        raise problem("store-unavailable", failure)
    return Health("ready")


health_router = Router("/health", route_handlers=[live, ready], tags=["operation"], security=[{}])
