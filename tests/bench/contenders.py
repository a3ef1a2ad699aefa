"""Who is measured: daybook, its peers over HTTP, and what stands behind both."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import httpx

from tests.bench.copying import copy_rows
from tests.bench.following import follow_all
from tests.bench.job import Job, Result, drive
from tests.bench.measured import Measured, Stand
from tests.bench.server import Server, daybook_server, peer_server

_NEW: Final = frozenset({"recorded", "kept"})
"""What daybook may answer to a webhook that it has not seen before."""
_READABLE_S_MAX: Final = 20.0
_READ_FROM: Final = 100
"""So many registrations take turns."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One line of the table."""

    name: str
    title: str
    unit: str
    measure: Callable[[Stand], Measured]


def daybook(stand: Stand, *options: str) -> Measured:
    """Signed webhooks, each new, each answered after it is on the disk and its signature was checked."""
    folder = stand.folder / "daybook"
    with daybook_server(folder, *options) as server:
        result, cpu_us = _load(server, stand)
    _require_all_stored(folder, _all_new(result))
    return _measured(result, cpu_us)


def daybook_while_read(stand: Stand) -> Measured:
    """The same, while state and history of registrations are read, each at most a hundred times a second."""
    folder = stand.folder / "daybook-read"
    with daybook_server(folder) as server:
        seeding = Job(server.port, str(stand.requests), stand.seconds + 5, 0.0, requests_max=stand.seeded)
        seeded = _all_new(drive(seeding))
        known = stand.registrations[:_READ_FROM]
        _wait_until_readable(server, known)
        base = [f"/v1/main/registrations/{registration_id}" for registration_id in known]
        reads = {"state": base, "history": [f"{path}/history" for path in base]}
        result, cpu_us = _load(server, stand, first=stand.seeded, reads=reads)
    _require_all_stored(folder, seeded + _all_new(result))
    return _measured(result, cpu_us)


def peer(name: str, stand: Stand) -> Measured:
    """The same requests to a peer, which may get one twice."""
    with peer_server(name, stand.folder / name) as server:
        result, cpu_us = _load(server, stand, again=True)
    refused = {status for status in result.told if status.isdigit()}
    if refused:
        raise RuntimeError(f"{name} refused: {result.told}")
    return _measured(result, cpu_us)


def _load(
    server: Server, stand: Stand, *, first: int = 0, again: bool = False, reads: dict[str, list[str]] | None = None
) -> tuple[Result, float]:
    job = Job(
        server.port, str(stand.requests), stand.seconds, stand.warm_up_s, first=first, again=again, reads=reads or {}
    )
    before_s = server.cpu_s()
    result = drive(job)
    return result, (server.cpu_s() - before_s) / max(1, sum(result.told.values())) * 1e6


def _measured(result: Result, cpu_us: float) -> Measured:
    return Measured(
        result.per_s,
        result.latency,
        cpu_us,
        result.generator_cores,
        result.reads,
        "the requests ran out" if result.ran_out else "",
    )


def _all_new(result: Result) -> int:
    if not result.told.keys() <= _NEW:
        raise RuntimeError(f"each webhook was new and valid, but daybook answered {result.told}")
    return sum(result.told.values())


def _require_all_stored(folder: Path, answered: int) -> None:
    with closing(sqlite3.connect(f"file:{folder / 'journal.db'}?mode=ro", uri=True)) as connection:
        (stored,) = connection.execute("SELECT count(*) FROM deliveries").fetchone()
    if stored != answered:
        raise RuntimeError(f"{answered} webhooks were answered, {stored} are in the store")


def _wait_until_readable(server: Server, registrations: list[str]) -> None:
    deadline = time.monotonic() + _READABLE_S_MAX
    with httpx.Client(base_url=server.url, trust_env=False, timeout=5.0) as client:
        for registration_id in registrations:
            while client.get(f"/v1/main/registrations/{registration_id}").status_code != httpx.codes.OK:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"registration {registration_id} cannot be read")
                time.sleep(0.02)


_LITESTAR: Final = "Litestar handler that"
CONTENDERS: Final = (
    Contender("daybook", "**daybook serve**", "webhooks", daybook),
    Contender(
        "daybook-no-follow", "daybook serve --no-follow", "webhooks", lambda stand: daybook(stand, "--no-follow")
    ),
    Contender("daybook-while-read", "daybook serve, being read", "webhooks", daybook_while_read),
    Contender("noop", f"{_LITESTAR} does nothing", "requests", partial(peer, "noop")),
    Contender("noop-reading", f"{_LITESTAR} reads JSON and does nothing", "requests", partial(peer, "noop-reading")),
    Contender("saving", f"{_LITESTAR} saves an aggregate (eventsourcing)", "requests", partial(peer, "saving")),
    Contender("rows-64", "executemany, 64 webhooks a commit", "webhooks", partial(copy_rows, 64)),
    Contender("rows-500", "executemany, 500 webhooks a commit", "webhooks", partial(copy_rows, 500)),
    Contender("following", "all projections from nothing", "events", follow_all),
    Contender("bare", "the generator against a bare server", "requests", partial(peer, "bare")),
)
"""In the order of a round. The first one is what the others are compared with."""
