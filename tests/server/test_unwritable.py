"""A store that cannot be written is answered with 503 in time, and it all goes on by itself afterwards."""

from __future__ import annotations

import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.bodies import booking
from tests.server.process import ServerProcess, wait_until

Serve = Callable[..., ServerProcess]
ANSWER_S_MAX = 8.0
AT = "2026-03-01T09:00:00Z"


@contextmanager
def a_write_lock_held_by_another_process(server: ServerProcess) -> Iterator[None]:
    other = sqlite3.connect(server.folder / "journal.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@contextmanager
def a_full_disk(server: ServerProcess) -> Iterator[None]:
    # A limit on the size of files is, to the process, a disk with no room left.
    hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (1024, hard))
    yield
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (hard, hard))


@pytest.mark.parametrize("trouble", [a_write_lock_held_by_another_process, a_full_disk])
def test_what_cannot_be_stored_is_refused_in_time_and_taken_again_later(
    serve: Serve, trouble: Callable[..., object]
) -> None:
    server = serve()
    assert server.post(booking("Created", 1, event_id="e1", at=AT)).json()["status"] == "recorded"

    with trouble(server):  # type: ignore[attr-defined]
        asked_at = time.monotonic()
        answer = server.post(booking("Cancelled", 1, event_id="e2", at=AT))
        waited_s = time.monotonic() - asked_at
        wait_until(lambda: server.status("/health/ready") == httpx.codes.SERVICE_UNAVAILABLE, "it is not ready")
        alive = server.status("/health/live")

    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    assert waited_s < ANSWER_S_MAX
    assert alive == httpx.codes.OK
    wait_until(server.is_ready, "it is ready again")
    again = server.post(booking("Cancelled", 1, event_id="e2", at=AT))
    assert again.json()["status"] == "recorded"
    assert server.get("/v1/main/registrations/1", min_position=again.json()["position"])["status"] == "cancelled"


def test_refusals_are_counted_for_the_webhook_that_was_refused(serve: Serve) -> None:
    server = serve()
    server.post(booking("Created", 1, event_id="e1", at=AT), "Class.Booking.Created")
    for _ in range(3):
        refused = httpx.post(f"{server.url}/webhooks/main/Class.Booking.Created", content=b'{"a": 1}')
        assert refused.status_code == httpx.codes.UNAUTHORIZED

    wait_until(lambda: _refusals_in_row(server) == 3, "three refusals are told")

    server.post(booking("Cancelled", 1, event_id="e2", at=AT), "Class.Booking.Created")
    wait_until(lambda: _refusals_in_row(server) == 0, "the run of refusals has ended")


def _refusals_in_row(server: ServerProcess) -> int | None:
    items = server.get("/ops/webhooks")["items"]
    return next((item["refusals_in_row"] for item in items if item["event_type"] == "Class.Booking.Created"), None)
