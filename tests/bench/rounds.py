"""The run: everything that is measured, once a round, so that whatever the machine does besides hits all alike."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from tests.bench import postgresql
from tests.bench.comparison import Ratio
from tests.bench.contenders import Contender
from tests.bench.engine import Engine
from tests.bench.job import CONNECTIONS, Job, drive
from tests.bench.machine import Machine, this_machine
from tests.bench.measured import Measured, Stand
from tests.bench.requests import make_webhooks, registrations_of, write_requests
from tests.bench.server import daybook_server
from tests.bench.sqlite import SQLite

WEBHOOKS_PER_S_MAX: Final = 16_000
"""So many are made for each second of a round. Were daybook faster, the round would end early, and say so."""
STORED_PER_S: Final = 4_000
STORED_MAX: Final = 20_000
SEEDED: Final = 500
AROUND_S: Final = 2.5
"""About what starting and ending a server takes, for each measurement."""


class EngineRun(msgspec.Struct, frozen=True):
    """What was measured on one engine."""

    version: str
    events_per_webhook: float
    measured: dict[str, list[Measured]]
    """By contender, in the order of the table; one for each round."""
    ratios: dict[str, Ratio]
    """By contender."""


class Run(msgspec.Struct, frozen=True):
    """All that was measured."""

    machine: Machine
    rounds: int
    seconds: float
    connections: int
    body_bytes_mean: float
    engines: dict[str, EngineRun]


def run(contenders: Mapping[str, Sequence[Contender]], rounds: int, seconds: float, say: Callable[[str], None]) -> Run:
    """Measure the contenders of each engine in a temporary folder that is gone afterwards."""
    count = sum(map(len, contenders.values()))
    minutes = count * rounds * (seconds * 1.25 + AROUND_S) / 60
    say(f"{rounds} rounds of {count} contenders, in about {max(1, round(minutes))} min")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="daybook-bench-")))
        say("making the webhooks, and filling the stores that are read from")
        webhooks = make_webhooks(SEEDED + int(seconds * 1.25 * WEBHOOKS_PER_S_MAX))
        requests = folder / "requests"
        write_requests(webhooks, requests)
        stands = {}
        for name in contenders:
            engine = SQLite() if name == "sqlite" else stack.enter_context(postgresql.running())
            store = stack.enter_context(engine.new_store(folder))
            _fill(engine, store, folder, requests, min(STORED_MAX, int(seconds * STORED_PER_S)))
            known = registrations_of(webhooks[:SEEDED])
            stands[name] = Stand(engine, folder, requests, known, SEEDED, store, seconds)
        measured: dict[str, dict[str, list[Measured]]] = {name: {} for name in contenders}
        for number in range(1, rounds + 1):
            for name, stand in stands.items():
                for contender in contenders[name]:
                    say(f"round {number} of {rounds}, {name}: {contender.name}")
                    with _of_this_round(stand) as fresh:
                        measured[name].setdefault(contender.name, []).append(contender.measure(fresh))
        return Run(
            machine=this_machine(folder),
            rounds=rounds,
            seconds=seconds,
            connections=CONNECTIONS,
            body_bytes_mean=sum(len(webhook.body) for webhook in webhooks) / len(webhooks),
            engines={name: _engine_run(stand, contenders[name], measured[name]) for name, stand in stands.items()},
        )


@contextmanager
def _of_this_round(stand: Stand) -> Iterator[Stand]:
    with tempfile.TemporaryDirectory(dir=stand.folder) as name:
        yield Stand(
            stand.engine, Path(name), stand.requests, stand.registrations, stand.seeded, stand.store, stand.seconds
        )


def _fill(engine: Engine, store: str, folder: Path, requests: Path, count: int) -> None:
    with daybook_server(store, folder, "--no-follow") as server:
        drive(Job(server.port, str(requests), 60.0, 0.0, requests_max=count))
    engine.settle(store)


def _engine_run(stand: Stand, contenders: Sequence[Contender], measured: dict[str, list[Measured]]) -> EngineRun:
    events, deliveries = (stand.engine.count(stand.store, table) for table in ("events", "deliveries"))
    ratios = {one.name: one.comparison.ratio(measured) for one in contenders if one.comparison is not None}
    return EngineRun(
        stand.engine.version,
        events / deliveries,
        measured,
        {name: ratio for name, ratio in ratios.items() if ratio is not None and name in measured},
    )
