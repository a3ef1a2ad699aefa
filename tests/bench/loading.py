"""Servers under load: daybook and its peers, each on an empty store of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import httpx

from tests.bench.job import Job, Result, drive
from tests.bench.measured import Measured, Stand
from tests.bench.server import Server, daybook_server, peer_server

_NEW: Final = frozenset({"recorded", "kept"})
"""What daybook may answer to a webhook that it has not seen before."""
_READABLE_S_MAX: Final = 20.0
_READ_FROM: Final = 100
"""So many registrations take turns."""


def daybook(stand: Stand, *, options: Sequence[str] = (), slow_flushes: bool = False) -> Measured:
    """Signed webhooks, each new, each answered after it is on the disk and its signature was checked."""
    with stand.engine.new_store(stand.folder, slow_flushes=slow_flushes) as url:
        with daybook_server(url, stand.folder, *options) as server:
            measured, result = _load(server, stand)
        _require_all_stored(stand, url, _all_new(result))
    return measured


def daybook_while_read(stand: Stand) -> Measured:
    """The same, while state and history of registrations are read, each at most a hundred times a second."""
    with stand.engine.new_store(stand.folder) as url:
        with daybook_server(url, stand.folder) as server:
            seeding = Job(server.port, str(stand.requests), stand.seconds + 5, 0.0, requests_max=stand.seeded)
            seeded = _all_new(drive(seeding))
            known = stand.registrations[:_READ_FROM]
            _wait_until_readable(server, known)
            base = [f"/v1/main/registrations/{registration_id}" for registration_id in known]
            reads = {"state": base, "history": [f"{path}/history" for path in base]}
            measured, result = _load(server, stand, first=stand.seeded, reads=reads)
        _require_all_stored(stand, url, seeded + _all_new(result))
    return measured


def peer(name: str, stand: Stand) -> Measured:
    """The same requests to a peer, which may get one twice."""
    with stand.engine.new_store(stand.folder) as url, peer_server(name, url, stand.folder) as server:
        measured, result = _load(server, stand, again=True)
    refused = {status for status in result.told if status.isdigit()}
    if refused:
        raise RuntimeError(f"{name} refused: {result.told}")
    return measured


def _load(
    server: Server, stand: Stand, *, first: int = 0, again: bool = False, reads: dict[str, list[str]] | None = None
) -> tuple[Measured, Result]:
    job = Job(
        server.port, str(stand.requests), stand.seconds, stand.warm_up_s, first=first, again=again, reads=reads or {}
    )
    before_s, before_engine_s = server.cpu_s(), stand.engine.cpu_s()
    result = drive(job)
    count = max(1, sum(result.told.values()))
    return Measured(
        result.per_s,
        result.latency,
        (server.cpu_s() - before_s) / count * 1e6,
        (stand.engine.cpu_s() - before_engine_s) / count * 1e6,
        result.generator_cores,
        result.reads,
        "the requests ran out" if result.ran_out else "",
    ), result


def _all_new(result: Result) -> int:
    if not result.told.keys() <= _NEW:
        raise RuntimeError(f"each webhook was new and valid, but daybook answered {result.told}")
    return sum(result.told.values())


def _require_all_stored(stand: Stand, url: str, answered: int) -> None:
    stored = stand.engine.count(url, "deliveries")
    if stored != answered:
        raise RuntimeError(f"{answered} webhooks were answered, {stored} are in the store")


def _wait_until_readable(server: Server, registrations: list[str]) -> None:
    deadline = time.monotonic() + _READABLE_S_MAX
    with httpx.Client(base_url=server.url, trust_env=False, timeout=5.0) as client:
        for registration_id in registrations:
            while client.get(f"/v1/main/registrations/{registration_id}").status_code != httpx.codes.OK:
                if time.monotonic() > deadline:
                    told = client.get("/ops/projections").text
                    raise RuntimeError(f"registration {registration_id} cannot be read: {told}")
                time.sleep(0.02)
