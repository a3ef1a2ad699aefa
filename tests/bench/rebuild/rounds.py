"""The run: the rebuild, what it is beside, and how it grows; all of it once a round, one thing at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from tests.bench import postgresql
from tests.bench.comparison import Comparison, Ratio
from tests.bench.engine import Engine
from tests.bench.machine import Machine, this_machine
from tests.bench.measured import Measured
from tests.bench.rebuild import log, runner
from tests.bench.rebuild.process import measure
from tests.bench.sqlite import SQLite

RUNNER_EVENTS_MAX: Final = 20_000
"""It takes half a minute for so many, and each takes as long as the one before."""
RUNNER: Final = "runner"
TITLES: Final = {
    "rebuild": "**daybook rebuild registrations**",
    "reading": "the same log read and decoded, nothing done",
    RUNNER: f"`ProjectionRunner` of `eventsourcing`, the first {RUNNER_EVENTS_MAX:,}",
}
COMPARISONS: Final = {
    "reading": Comparison("rebuild", "reading", at_least=0.5),
    RUNNER: Comparison("rebuild", RUNNER, at_least=80),
}
WORKS: Final[Mapping[str, tuple[str, ...]]] = {"sqlite": ("rebuild", "reading"), "postgresql": tuple(TITLES)}


class Size(msgspec.Struct, frozen=True):
    """One rebuild of a log of so many events."""

    events: int
    seconds: float
    memory_mb_max: float


class EngineRun(msgspec.Struct, frozen=True):
    """What was measured on one engine."""

    version: str
    measured: dict[str, list[Measured]]
    ratios: dict[str, Ratio]
    sizes: list[Size]


class Run(msgspec.Struct, frozen=True):
    """All that was measured."""

    machine: Machine
    rounds: int
    events: int
    engines: dict[str, EngineRun]


def run(engines: Sequence[str], rounds: int, events: int, sizes: Sequence[int], say: Callable[[str], None]) -> Run:
    """Measure in a temporary folder that is gone afterwards; `sizes` are those of further logs, rebuilt once each."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="daybook-bench-")))
        folder.chmod(0o755)
        stands = {name: _engine(name, stack) for name in engines}
        stores = {}
        for name, engine in stands.items():
            say(f"{name}: a log of {events:,} events")
            stores[name] = stack.enter_context(_filled(engine, folder, events))
        measured: dict[str, dict[str, list[Measured]]] = {name: {} for name in engines}
        for number in range(1, rounds + 1):
            for name, engine in stands.items():
                for work in WORKS[name]:
                    say(f"round {number} of {rounds}, {name}: {work}")
                    found = _measured(work, engine, stores[name], folder, events)
                    measured[name].setdefault(work, []).append(found)
        return Run(
            this_machine(folder),
            rounds,
            events,
            {
                name: EngineRun(
                    engine.version,
                    measured[name],
                    {work: _ratio(work, measured[name]) for work in COMPARISONS if work in measured[name]},
                    [_size(name, engine, folder, size, say) for size in sizes],
                )
                for name, engine in stands.items()
            },
        )


def _engine(name: str, stack: ExitStack) -> Engine:
    return SQLite() if name == "sqlite" else stack.enter_context(postgresql.running())


@contextmanager
def _filled(engine: Engine, folder: Path, events: int) -> Iterator[str]:
    with engine.new_store(folder) as url:
        log.fill(url, events)
        engine.settle(url)
        yield url


def _measured(work: str, engine: Engine, store: str, folder: Path, events: int) -> Measured:
    if work != RUNNER:
        return _by_process(work, engine, store, events)
    count = min(events, RUNNER_EVENTS_MAX)
    with engine.new_store(folder) as url:
        runner.fill(url, count)
        engine.settle(url)
        return _by_process(work, engine, url, count)


def _by_process(work: str, engine: Engine, url: str, events: int) -> Measured:
    before_engine_s = engine.cpu_s()
    done = measure(work, url, events)
    return Measured(
        events / done.seconds,
        cpu_us_each=done.cpu_s / events * 1e6,
        engine_cpu_us_each=(engine.cpu_s() - before_engine_s) / events * 1e6,
        memory_mb_max=done.memory_mb_max,
    )


def _ratio(work: str, measured: Mapping[str, Sequence[Measured]]) -> Ratio:
    ratio = COMPARISONS[work].ratio(measured)
    assert ratio is not None, "both are measured in every round"
    return ratio


def _size(name: str, engine: Engine, folder: Path, events: int, say: Callable[[str], None]) -> Size:
    say(f"{name}: a log of {events:,} events, rebuilt once")
    with _filled(engine, folder, events) as url:
        done = measure("rebuild", url, events)
    return Size(events, done.seconds, done.memory_mb_max)
