"""The table, in Markdown, so that it can be read in a terminal and pasted into the README."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from tests.bench.contenders import Contender
from tests.bench.job import Latency
from tests.bench.measured import Measured
from tests.bench.rounds import Run

_HEADINGS = ("", "a second", "lowest to highest", "daybook / this", "p50 ms", "p99 ms", "CPU µs each")


def report(run: Run, contenders: Sequence[Contender]) -> str:
    """What is printed."""
    rows = [_row(contender, run.measured) for contender in contenders]
    return "\n".join([*_table(rows), "", *_remarks(run)])


def _row(contender: Contender, measured: dict[str, list[Measured]]) -> tuple[str, ...]:
    rounds = measured[contender.name]
    rates = [one.per_s for one in rounds]
    latencies = [one.latency for one in rounds if one.latency is not None]
    cpu_us = [one.cpu_us_each for one in rounds if one.cpu_us_each is not None]
    return (
        contender.title,
        f"{median(rates):,.0f} {contender.unit}",
        f"{min(rates):,.0f} to {max(rates):,.0f}",
        _ratio(measured["daybook"], rounds) if _is_comparable(contender, measured) else "",
        f"{median(one.p50_ms for one in latencies):.1f}" if latencies else "",
        f"{median(one.p99_ms for one in latencies):.1f}" if latencies else "",
        f"{median(cpu_us):.0f}" if cpu_us else "",
    )


def _is_comparable(contender: Contender, measured: dict[str, list[Measured]]) -> bool:
    return contender.name != "daybook" and contender.unit != "events" and "daybook" in measured


def _ratio(ours: Sequence[Measured], theirs: Sequence[Measured]) -> str:
    """Of each round by itself: what slowed the machine down in a round slowed both."""
    ratios = [one.per_s / other.per_s for one, other in zip(ours, theirs, strict=True)]
    return f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in (_HEADINGS, *rows)) for column in range(len(_HEADINGS))]
    yield _line(_HEADINGS, widths)
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
    for name in ("state", "history"):
        latencies = [one.reads[name] for rounds in run.measured.values() for one in rounds if name in one.reads]
        if latencies:
            yield f"Read of {name} under that load: {_told(latencies)}."
    busiest = max((one.generator_cores or 0.0 for name, rounds in run.measured.items() if name != "bare"
                   for one in rounds), default=0.0)  # fmt: skip
    for note in sorted({f"{name}: {one.note}" for name, rounds in run.measured.items() for one in rounds if one.note}):
        yield f"{note}."
    yield (
        f"Medians of {run.rounds} interleaved rounds of {run.seconds:g} s, {run.connections} connections; "
        f"{run.events_per_webhook:.1f} events a webhook, {run.body_bytes_mean:.0f} bytes a body; "
        f"the generator used at most {busiest:.2f} of a core."
    )
    machine = run.machine
    yield (
        f"{machine.cores} cores ({machine.cpu}), shared with the generator; {machine.system}; Python {machine.python}, "
        f"SQLite {machine.sqlite}; a flush takes {machine.flush_p50_ms:.2f} ms (p99 {machine.flush_p99_ms:.2f} ms)."
    )
    yield ", ".join(f"{name} {version}" for name, version in machine.libraries.items()) + "."


def _told(latencies: Sequence[Latency]) -> str:
    count = sum(one.count for one in latencies)
    p50_ms, p99_ms = median(one.p50_ms for one in latencies), median(one.p99_ms for one in latencies)
    return f"p50 {p50_ms:.1f} ms, p99 {p99_ms:.1f} ms ({count} reads)"
