"""For telling how a build differs from the live one: what readers would see change at a switch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sqlalchemy import select

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from daybook.projecting.difference import Difference, TableDifference
    from daybook.projecting.read_store import ReadStore

_SHOWN_MAX: Final = 10
"""Samples of each table; `--json` gives all that were taken."""

Subjects: TypeAlias = Mapping[str | int, str]
"""From the key of a sample to the id that people know: of the registration or appointment."""


def subjects_of(store: ReadStore, found: Difference) -> Subjects:
    """Of the samples; a log projection's keys are positions, which speak for themselves."""
    keys = [sample.key for table in found.tables for sample in table.samples if isinstance(sample.key, str)]
    subjects: dict[str | int, str] = {}
    for version, build in (found.live, found.other) if keys else ():
        with store.snapshot_of(found.name, version, build) as snapshot:
            for table in snapshot.tables:
                subject = str(table.info.get("subject"))
                if "stream_id" in table.c and subject in table.c:
                    query = select(table.c.stream_id, table.c[subject]).where(table.c.stream_id.in_(keys))
                    subjects.update((row[0], row[1]) for row in snapshot.connection.execute(query))
    return subjects


def as_json(found: Difference, subjects: Subjects) -> dict[str, Any]:
    """All of it, for programs."""
    return {
        "name": found.name,
        "live": dict(zip(("version", "build"), found.live, strict=True)),
        "other": dict(zip(("version", "build"), found.other, strict=True)),
        "position": found.position,
        "tables_only_live": list(found.tables_only_old),
        "tables_only_other": list(found.tables_only_new),
        "tables": [_table_as_json(table, subjects) for table in found.tables],
    }


def show(screen: Console, found: Difference, subjects: Subjects) -> None:
    """For people: the counts of each table, then which columns, then samples."""
    live, other = (_named(*key) for key in (found.live, found.other))
    screen.print(f"[bold]{found.name}[/]: {other} beside the live {live}, both at position {found.position:,}")
    screen.print(_counts(found, live, other))
    for table in found.tables:
        for line in _columns(table, live, other):
            screen.print(line)
        for line in _samples(table, subjects):
            screen.print(line)
    for names, build in ((found.tables_only_old, live), (found.tables_only_new, other)):
        if names:
            screen.print(f"Tables only in {build}, not compared: {', '.join(names)}")
    if found.tables and not any(table.only_old or table.only_new or table.changed for table in found.tables):
        screen.print("[green]Their rows are the same.[/]")


def _table_as_json(told: TableDifference, subjects: Subjects) -> dict[str, Any]:
    counts = {name: getattr(told, name) for name in ("rows_old", "rows_new", "only_old", "only_new", "changed")}
    samples = [
        {
            "key": sample.key,
            "subject_id": subjects.get(sample.key),
            "changes": {name: {"from": _plain(old), "to": _plain(new)} for name, (old, new) in sample.columns.items()},
        }
        for sample in told.samples
    ]
    return {
        "table": told.table,
        **counts,
        "columns_only_old": list(told.columns_only_old),
        "columns_only_new": list(told.columns_only_new),
        "columns": dict(told.columns),
        "samples": samples,
    }


def _plain(value: object) -> object:
    """What a column of any type holds, as JSON can tell it."""
    return value if isinstance(value, str | int | float | list | None) else str(value)


def _named(version: int, build: int) -> str:
    return f"v{version}" if build == 1 else f"v{version} build {build}"


def _counts(found: Difference, live: str, other: str) -> Table:
    from daybook.cli.console import table

    made = table("table", f">rows {live}", f">rows {other}", f">only {live}", f">only {other}", ">changed")
    for one in found.tables:
        counts = (one.rows_old, one.rows_new, one.only_old, one.only_new, one.changed)
        made.add_row(one.table, *(f"{count:,}" for count in counts))
    return made


def _columns(told: TableDifference, live: str, other: str) -> Iterator[str]:
    if told.columns_only_old:
        yield f"Columns only in {live}: {', '.join(told.columns_only_old)}"
    if told.columns_only_new:
        yield f"Columns only in {other}: {', '.join(told.columns_only_new)}"
    if told.columns:
        yield f"Columns that changed: {', '.join(f'{name} ({count:,})' for name, count in told.columns.most_common())}"


def _samples(told: TableDifference, subjects: Subjects) -> Iterator[str]:
    from daybook.cli.console import printable

    for sample in told.samples[:_SHOWN_MAX]:
        yield f"\n[bold]{printable(subjects.get(sample.key, str(sample.key)))}[/]"
        for name, (before, after) in sample.columns.items():
            yield f"  [dim]{name}[/]  {printable(_value(before))} → {printable(_value(after))}"
    more = told.only_old + told.only_new + told.changed - min(_SHOWN_MAX, len(told.samples))
    if more > 0:
        yield f"\n[dim]and {more:,} more[/]"


def _value(told: object) -> str:
    return "-" if told is None else str(told)
