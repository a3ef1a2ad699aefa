"""The tables, in Markdown, so that they can be read in a terminal and pasted into the README."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from tests.bench.comparison import Ratio
from tests.bench.contenders import Contender
from tests.bench.job import Latency
from tests.bench.machine import Machine
from tests.bench.measured import Measured
from tests.bench.rounds import EngineRun, Run

_HEADINGS = ("", "a second", "lowest to highest", "daybook / this", "to reach", "p50 ms", "p99 ms", "CPU µs each")


def report(run: Run, contenders: Mapping[str, Sequence[Contender]]) -> str:
    """What is printed: a table for each engine, then what belongs to all."""
    parts = [part for name in run.engines for part in _of_engine(run.engines[name], contenders[name])]
    return "\n".join([*parts, *_remarks(run)])


def _of_engine(run: EngineRun, contenders: Sequence[Contender]) -> Iterator[str]:
    yield from table(_HEADINGS, [_row(contender, run) for contender in contenders])
    yield ""
    yield f"{run.version}; {run.events_per_webhook:.1f} events a webhook."
    for name in ("state", "history"):
        latencies = [one.reads[name] for rounds in run.measured.values() for one in rounds if name in one.reads]
        if latencies:
            yield f"Read of {name} under that load: {_told(latencies)}."
    for note in sorted({f"{name}: {one.note}" for name, rounds in run.measured.items() for one in rounds if one.note}):
        yield f"{note}."
    yield ""


def _row(contender: Contender, run: EngineRun) -> tuple[str, ...]:
    rounds = run.measured[contender.name]
    rates = [one.per_s for one in rounds]
    latencies = [one.latency for one in rounds if one.latency is not None]
    ratio = run.ratios.get(contender.name)
    return (
        contender.title,
        f"{median(rates):,.0f} {contender.unit}",
        f"{min(rates):,.0f} to {max(rates):,.0f}",
        "" if ratio is None or contender.comparison is None else ratio_told(ratio),
        verdict(ratio),
        f"{median(one.p50_ms for one in latencies):.1f}" if latencies else "",
        f"{median(one.p99_ms for one in latencies):.1f}" if latencies else "",
        cpu(rounds),
    )


_VERDICTS = {True: "met", False: "missed"}


def verdict(ratio: Ratio | None) -> str:
    """What was to be reached, and whether it was; nothing where nothing was."""
    return "" if ratio is None or ratio.to_reach is None else f"{ratio.to_reach}: {_VERDICTS[bool(ratio.is_reached)]}"


def ratio_told(ratio: Ratio) -> str:
    """With the spread of its rounds."""
    return f"{ratio.what}{ratio.median:.2f} ({ratio.lowest:.2f} to {ratio.highest:.2f})"


def cpu(rounds: Sequence[Measured]) -> str:
    """Of the process, and of the database's own where it has some."""
    own_us = [one.cpu_us_each for one in rounds if one.cpu_us_each is not None]
    engine_us = [one.engine_cpu_us_each for one in rounds if one.engine_cpu_us_each]
    parts = [f"{median(each):.0f}" for each in (own_us, engine_us) if each]
    return " + ".join(parts)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Line by line; the first column to the left, all others to the right."""
    widths = [max(len(row[column]) for row in (headings, *rows)) for column in range(len(headings))]
    yield _line(headings, widths)
    yield "|" + "|".join("-" * (width + 1) + ("-" if not column else ":") for column, width in enumerate(widths)) + "|"
    for row in rows:
        yield _line(row, widths)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    told = (
        cell.rjust(width) if column else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f"| {' | '.join(told)} |"


def _remarks(run: Run) -> Iterator[str]:
    measured = [
        one
        for engine in run.engines.values()
        for name, rounds in engine.measured.items()
        if name != "bare"
        for one in rounds
    ]
    busiest = max((one.generator_cores or 0.0 for one in measured), default=0.0)
    yield (
        f"Medians of {run.rounds} interleaved rounds of {run.seconds:g} s, ratios of each round by itself; "
        f"{run.connections} connections, {run.body_bytes_mean:.0f} bytes a body; "
        f"the generator used at most {busiest:.2f} of a core."
    )
    yield "CPU: of the process that was measured, and on PostgreSQL of the server behind it."
    yield from machine_told(run.machine)


def machine_told(machine: Machine) -> Iterator[str]:
    """What the figures depend on."""
    yield (
        f"{machine.cores} cores ({machine.cpu}), shared with the benchmark and PostgreSQL; {machine.system}; "
        f"Python {machine.python}; a flush takes {machine.flush_p50_ms:.2f} ms (p99 {machine.flush_p99_ms:.2f} ms)."
    )
    yield ", ".join(f"{name} {version}" for name, version in machine.libraries.items()) + "."


def _told(latencies: Sequence[Latency]) -> str:
    count = sum(one.count for one in latencies)
    p50_ms, p99_ms = median(one.p50_ms for one in latencies), median(one.p99_ms for one in latencies)
    return f"p50 {p50_ms:.1f} ms, p99 {p99_ms:.1f} ms ({count} reads)"
