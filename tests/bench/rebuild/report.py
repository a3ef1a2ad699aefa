"""The tables of a rebuild's run, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Final

from tests.bench.comparison import Ratio
from tests.bench.measured import Measured
from tests.bench.rebuild.rounds import TITLES, EngineRun, Run, Size
from tests.bench.report import cpu, machine_told, ratio_told, table, verdict

MEMORY_MB_MAX: Final = 300
_HEADINGS: Final = ("", "events/s", "lowest to highest", "rebuild / this", "to reach", "CPU µs each", "peak MB")
_SIZES: Final = ("log, events", "rebuild s", "µs an event", "peak MB", f"to reach: under {MEMORY_MB_MAX}")


def report(run: Run) -> str:
    """What is printed: two tables for each engine, then what belongs to all."""
    parts = [part for engine in run.engines.values() for part in _of_engine(engine, run.events)]
    return "\n".join([*parts, *_remarks(run)])


def _of_engine(run: EngineRun, events: int) -> Iterator[str]:
    rows = [_row(TITLES[work], rounds, run.ratios.get(work)) for work, rounds in run.measured.items()]
    yield from table(_HEADINGS, rows)
    yield ""
    rebuilt = run.measured["rebuild"]
    seconds = median(events / one.per_s for one in rebuilt)
    same = Size(events, seconds, max(one.memory_mb_max or 0.0 for one in rebuilt))
    yield from table(_SIZES, [_size(size) for size in sorted([same, *run.sizes], key=lambda size: size.events)])
    yield ""
    yield f"{run.version}."
    yield ""


def _row(title: str, rounds: list[Measured], ratio: Ratio | None) -> tuple[str, ...]:
    rates = [one.per_s for one in rounds]
    return (
        title,
        f"{median(rates):,.0f}",
        f"{min(rates):,.0f} to {max(rates):,.0f}",
        "" if ratio is None else ratio_told(ratio),
        verdict(ratio),
        cpu(rounds),
        f"{max(one.memory_mb_max or 0.0 for one in rounds):.0f}",
    )


def _size(size: Size) -> tuple[str, ...]:
    return (
        f"{size.events:,}",
        f"{size.seconds:.1f}",
        f"{size.seconds / size.events * 1e6:.1f}",
        f"{size.memory_mb_max:.0f}",
        "met" if size.memory_mb_max < MEMORY_MB_MAX else "missed",
    )


def _remarks(run: Run) -> Iterator[str]:
    yield (
        f"A log of {run.events:,} events, five a registration; medians of {run.rounds} interleaved rounds, ratios of"
        " each round by itself; each figure is of a whole process, from its first statement to its last: load, indexes"
        " and switch. Peak: resident memory of that process."
    )
    yield "CPU: of the process that was measured, and on PostgreSQL of the server behind it."
    yield from machine_told(run.machine)
