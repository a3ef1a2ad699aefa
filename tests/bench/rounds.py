"""The run: everything that is measured, once a round, so that whatever the machine does besides hits all alike."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from tests.bench.contenders import Contender
from tests.bench.job import CONNECTIONS, Job, drive
from tests.bench.machine import Machine, this_machine
from tests.bench.measured import Measured, Stand
from tests.bench.requests import make_webhooks, registrations_of, write_requests
from tests.bench.server import daybook_server

WEBHOOKS_PER_S_MAX: Final = 16_000
"""So many are made for each second of a round. Were daybook faster, the round would end early, and say so."""
STORED_PER_S: Final = 4_000
STORED_MAX: Final = 20_000
SEEDED: Final = 500


class Run(msgspec.Struct, frozen=True):
    """All that was measured."""

    machine: Machine
    rounds: int
    seconds: float
    connections: int
    events_per_webhook: float
    body_bytes_mean: float
    measured: dict[str, list[Measured]]
    """By contender, in the order of the table; one for each round."""


def run(contenders: Sequence[Contender], rounds: int, seconds: float, say: Callable[[str], None]) -> Run:
    """Measure in a temporary folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="daybook-bench-") as name:
        folder = Path(name)
        say("making the webhooks")
        webhooks = make_webhooks(SEEDED + int(seconds * 1.25 * WEBHOOKS_PER_S_MAX))
        requests = folder / "requests"
        write_requests(webhooks, requests)
        say("filling the store that is read from")
        store = folder / "store"
        _fill(store, requests, min(STORED_MAX, int(seconds * STORED_PER_S)))
        measured: dict[str, list[Measured]] = {contender.name: [] for contender in contenders}
        for number in range(1, rounds + 1):
            for contender in contenders:
                say(f"round {number} of {rounds}: {contender.name}")
                with tempfile.TemporaryDirectory(dir=folder) as round_folder:
                    stand = Stand(
                        Path(round_folder), requests, registrations_of(webhooks[:SEEDED]), SEEDED, store, seconds
                    )
                    measured[contender.name].append(contender.measure(stand))
        return Run(
            machine=this_machine(folder),
            rounds=rounds,
            seconds=seconds,
            connections=CONNECTIONS,
            events_per_webhook=_events_per_webhook(store),
            body_bytes_mean=sum(len(webhook.body) for webhook in webhooks) / len(webhooks),
            measured=measured,
        )


def _fill(store: Path, requests: Path, count: int) -> None:
    with daybook_server(store, "--no-follow") as server:
        drive(Job(server.port, str(requests), 60.0, 0.0, requests_max=count))


def _events_per_webhook(store: Path) -> float:
    with closing(sqlite3.connect(f"file:{store / 'journal.db'}?mode=ro", uri=True)) as journal:
        (events,) = journal.execute("SELECT count(*) FROM events").fetchone()
        (deliveries,) = journal.execute("SELECT count(*) FROM deliveries").fetchone()
    return float(events / deliveries)
