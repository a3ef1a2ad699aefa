"""A projection in two versions, and what tests do with builds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Index, Text, inspect, text

from daybook.domain.events import Event
from daybook.domain.identity import Kind
from daybook.domain.registration import Registration
from daybook.errors import StoreUnavailableError
from daybook.journal import Journal
from daybook.projecting.build import Build
from daybook.projecting.building import Building
from daybook.projecting.change import changes_of
from daybook.projecting.physical import logical_name
from daybook.projecting.projection import LogProjection, Projection, Row, StateProjection, log_table, state_table
from daybook.projecting.read_store import ReadStore
from daybook.projecting.rebuild import start_build
from tests.projecting.book import Book, Tables

SEATS_1 = state_table("seats", 1, "registration_id", Column("status", Text))
SEATS_2 = state_table(
    "seats", 2, "registration_id", Column("status", Text), Column("guest_id", Text), Index(None, "source", "guest_id")
)
NOTES_1 = log_table("notes", 1, Column("what", Text))
NOTES_2 = log_table("notes", 2, Column("what", Text), Column("role", Text))


def seats_1(state: Registration) -> Iterable[Row]:
    yield SEATS_1, {"registration_id": state.registration_id, "status": state.status}


def seats_2(state: Registration) -> Iterable[Row]:
    guest = state.guest_id if isinstance(state.guest_id, str) else None
    yield SEATS_2, {"registration_id": state.registration_id, "status": state.status.upper(), "guest_id": guest}


def notes_1(event: Event) -> Iterable[Row]:
    yield NOTES_1, {"what": event.zenoti_type}


def notes_2(event: Event) -> Iterable[Row]:
    yield NOTES_2, {"what": event.zenoti_type, "role": event.role}


OLD: dict[str, Projection] = {
    "seats": StateProjection("seats", 1, (SEATS_1,), {Kind.REGISTRATION: seats_1}),
    "notes": LogProjection("notes", 1, (NOTES_1,), notes_1),
}
NEW: dict[str, Projection] = {
    "seats": StateProjection("seats", 2, (SEATS_2,), {Kind.REGISTRATION: seats_2}),
    "notes": LogProjection("notes", 2, (NOTES_2,), notes_2),
}
BOTH: dict[str, Projection] = {
    "seats": StateProjection("seats", 2, (SEATS_2,), {Kind.REGISTRATION: seats_2}, OLD["seats"]),  # type: ignore[arg-type]
    "notes": LogProjection("notes", 2, (NOTES_2,), notes_2, OLD["notes"]),  # type: ignore[arg-type]
}


def building(book: Book, name: str, store: ReadStore | None = None, **options: Any) -> Building:  # noqa: ANN401
    """Whatever `start_build` begins or finds, as one more process would go on with it."""
    store = store or book.store
    projection = store.sound(name)
    build = start_build(store, book.journal, projection, **options)
    return resumed(book, build, store, load_events_max=3)


def resumed(book: Book, build: Build, store: ReadStore | None = None, load_events_max: int = 3) -> Building:
    store = store or book.store
    projection = store.sound(build.name)
    return Building(
        build,
        projection,
        store,
        book.journal,
        ticks_ns=lambda: book.clock_ns,
        load_events_max=load_events_max,
        catch_up_events_max=2,
    )


def rebuild(book: Book, name: str, store: ReadStore | None = None, **options: Any) -> Build:  # noqa: ANN401
    """To its end, as the command does."""
    one = building(book, name, store, **options)
    for _ in one.run(pause_s=0):
        pass
    return next(build for build in (store or book.store).builds(name) if build.key == one.key)


def fresh_fold(journal: Journal, store: ReadStore, name: str) -> list[dict[str, Any]]:
    """The rows of the main table as nothing but the journal and the pure function tell them, by key."""
    return next(iter(fresh_tables(journal, store, name).values()))


def fresh_tables(journal: Journal, store: ReadStore, name: str) -> Tables:
    """Those of all tables."""
    projection = store.sound(name)
    events = journal.select_events_after(0, 100_000)
    found: Tables = {logical_name(table.name, projection.version, 1): [] for table in projection.tables}
    for change in changes_of(projection, events, journal.streams):
        key = [column.name for column in change.table.primary_key]
        nothing = dict.fromkeys(change.table.columns.keys())
        rows: list[dict[str, Any]] = [{**nothing, **row} for row in change.rows]
        own = logical_name(change.table.name, projection.version, 1)
        found[own] = sorted(rows, key=lambda row, key=key: [row[name] for name in key])  # type: ignore[misc]
    return found


def tables_there(store: ReadStore, name: str) -> list[str]:
    with store.read() as connection:
        there = inspect(connection).get_table_names(schema=store.engine.schema)
    return sorted(table for table in there if table.startswith(f"{name}_"))


def indexes_there(store: ReadStore, table: str) -> int:
    with store.read() as connection:
        if store.engine.schema is None:
            asked = "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name = :table AND sql IS NOT NULL"
        else:
            asked = "SELECT count(*) - 1 FROM pg_indexes WHERE schemaname = 'read' AND tablename = :table"
        return int(connection.scalar(text(asked), {"table": table}))


class Killed(BaseException):
    """As when the process ends at this place: nothing may catch it."""


@contextmanager
def killed_at_commit(store: ReadStore, number: int, *, committed: bool) -> Iterator[None]:
    """The commit of this number, counted from 1, is the last thing that happens, or the last that does not."""
    writing: Callable[..., Any] = store.engine.writing
    left = [number]

    @contextmanager
    def deadly(lock: str | None, **options: Any) -> Iterator[Connection]:  # noqa: ANN401
        with writing(lock, **options) as connection:
            yield connection
            left[0] -= 1
            if left[0] == 0 and not committed:
                raise Killed
        if left[0] == 0:
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store.engine, "writing", deadly)
        yield


@contextmanager
def unavailable_at_commit(store: ReadStore, number: int) -> Iterator[None]:
    """The commit of this number fails, and nobody knows whether it was taken."""
    writing: Callable[..., Any] = store.engine.writing
    left = [number]

    @contextmanager
    def failing(lock: str | None, **options: Any) -> Iterator[Connection]:  # noqa: ANN401
        with writing(lock, **options) as connection:
            yield connection
        left[0] -= 1
        if left[0] == 0:
            raise StoreUnavailableError("the answer was lost")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store.engine, "writing", failing)
        yield
