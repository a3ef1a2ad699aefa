"""Who is measured on which engine: daybook, its peers over HTTP, and what stands behind both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from tests.bench.comparison import Comparison, p99_ms
from tests.bench.copying import copy_rows
from tests.bench.following import follow_all
from tests.bench.loading import daybook, daybook_while_read, peer
from tests.bench.measured import Measured, Stand


@dataclass(frozen=True, slots=True)
class Contender:
    """One line of the table."""

    name: str
    title: str
    unit: str
    measure: Callable[[Stand], Measured]
    comparison: Comparison | None = None


def _beside_daybook(name: str, at_least: float | None = None) -> Comparison:
    return Comparison("daybook", name, at_least=at_least)


def _daybooks(p99_at_most: float | None) -> tuple[Contender, ...]:
    beside_noop = Comparison("daybook", "noop", at_most=p99_at_most, value=p99_ms, what="p99 / the no-op's: ")
    return (
        Contender("daybook", "**daybook serve**", "webhooks", daybook, beside_noop),
        Contender(
            "daybook-no-follow",
            "daybook serve --no-follow",
            "webhooks",
            partial(daybook, options=("--no-follow",)),
            _beside_daybook("daybook-no-follow"),
        ),
        Contender(
            "daybook-while-read",
            "daybook serve, being read",
            "webhooks",
            daybook_while_read,
            _beside_daybook("daybook-while-read"),
        ),
    )


def _peer(name: str, title: str, at_least: float | None = None) -> Contender:
    return Contender(name, title, "requests", partial(peer, name), _beside_daybook(name, at_least))


def _copy(webhooks_a_commit: int, how: str, at_least: float | None = None) -> Contender:
    name = f"rows-{webhooks_a_commit}"
    title = f"{how} of the same rows, {webhooks_a_commit} webhooks a commit"
    return Contender(name, title, "webhooks", partial(copy_rows, webhooks_a_commit), _beside_daybook(name, at_least))


_NOOPS: Final = (
    _peer("noop", "Litestar handler that does nothing", 1),
    _peer("noop-reading", "Litestar handler that reads JSON and does nothing"),
)
_REST: Final = (
    Contender("following", "all projections from nothing", "events", follow_all),
    _peer("bare", "the generator against a bare server"),
)
CONTENDERS: Final[dict[str, tuple[Contender, ...]]] = {
    "sqlite": (
        *_daybooks(p99_at_most=None),
        *_NOOPS,
        _peer("saving", "Litestar + eventsourcing, one save a request", 8),
        _copy(64, "executemany"),
        _copy(500, "executemany"),
        *_REST,
    ),
    "postgresql": (
        *_daybooks(p99_at_most=5),
        Contender(
            "daybook-slow-flush",
            "daybook serve, each flush 2 ms slower",
            "webhooks",
            partial(daybook, slow_flushes=True),
            Comparison("daybook-slow-flush", "daybook", at_least=0.9, what="kept: "),
        ),
        *_NOOPS,
        _peer("mapping", "FastAPI + SQLAlchemy, one INSERT and commit a request", 15),
        _peer("saving", "Litestar + eventsourcing, one save a request", 15),
        _peer("inserting", "Litestar + asyncpg, one INSERT a request", 4),
        _copy(500, "binary COPY", 0.25),
        *_REST,
    ),
}
"""By engine, in the order of a round."""
