"""A journal on disk, what is told to it, and followers that post it: the real parts, each on its own folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
from sqlalchemy import Column, Table, Text

from daybook.domain.events import Event
from daybook.domain.identity import Kind, stream_id
from daybook.journal import Journal
from daybook.journal.sqlite import folder_of
from daybook.projecting.discovery import discover
from daybook.projecting.follower import BATCH_EVENTS_MAX, Follower
from daybook.projecting.physical import logical_name
from daybook.projecting.projection import LogProjection, Projection, Row, log_table
from daybook.projecting.read_store import ReadStore
from daybook.projecting.status import ProjectionStatus
from daybook.zenoti.translate import Told, translate
from tests.bodies import booking, sent
from tests.engines import Engine, PostgreSQLEngine

SOURCE = "main"
BOOKKEEPING = {"recorded_at_ns", "position", "version", "delivery_id", "feedback_delivery_id"}

Tables: TypeAlias = dict[str, list[dict[str, Any]]]
"""Rows by the logical name of their table."""


TALLY = log_table("tally", 1, Column("what", Text))


def tally(event: Event) -> Iterable[Row]:
    """The row function of a projection that only tests have."""
    yield TALLY, {"what": event.zenoti_type}


def created(number: int, **told: Any) -> dict[str, Any]:  # noqa: ANN401  any key of the body
    """The booking of the registration of this number."""
    return booking("Created", number, event_id=f"e{number}", at="2026-01-01T10:00:00Z", **told)


class Book:
    """One store with a journal and read models."""

    def __init__(self, engine: Engine, *, has_own_clock: bool = True) -> None:
        """With a clock of its own, which stands still, or by the time that the store tells."""
        self.engine = engine
        self._has_own_clock = has_own_clock
        self.journal: Journal = engine.open()
        self.clock_ns = time.time_ns()
        self._told: dict[bytes, int] = {}
        self._versions: dict[UUID, int] = {}
        self._stores: list[ReadStore] = []
        self.store = self.open_store()

    def tell(self, *bodies: Any, url_type: str | None = None, arrived_at_ns: int | None = None) -> None:  # noqa: ANN401  any body
        """Deliveries that arrive in this order; what was told before is not recorded again."""
        for body in bodies:
            arrival = len(self._told) + 1
            at_ns = arrival if arrived_at_ns is None else arrived_at_ns
            told = Told(SOURCE, url_type, sent(body), at_ns, UUID(int=arrival), "webhook", "verified")
            translation = translate(told)
            assert translation.dedupe_key is not None, translation.detail
            if translation.dedupe_key in self._told:
                continue
            self._told[translation.dedupe_key] = arrival
            events = []
            for event in translation.events:
                version = self._versions.get(event.originator_id, 0) + 1
                self._versions[event.originator_id] = version
                events.append(msgspec.structs.replace(event, originator_version=version))
            self.journal.events.put(events)

    def open_store(self, projections: Mapping[str, Projection] | None = None) -> ReadStore:
        """The read store as one more process would open it."""
        clock_ns = (lambda: self.clock_ns) if self._has_own_clock else None
        store = ReadStore(self.engine.url, projections or discover(), clock_ns=clock_ns)
        self._stores.append(store)
        return store

    def tally_store(self, rows: Callable[[Event], Any] = tally) -> ReadStore:
        """A read store with one more projection than the checkout has; its function may also be a wrong one."""
        return self.open_store({**discover(), "tally": LogProjection("tally", 1, (TALLY,), rows)})

    def follower(self, store: ReadStore | None = None, batch_events_max: int = BATCH_EVENTS_MAX) -> Follower:
        """A follower as one more process would start it."""
        store = store or self.store
        ticks_ns = (lambda: self.clock_ns) if self._has_own_clock else time.monotonic_ns
        return Follower(self.journal, store, store.projections, batch_events_max=batch_events_max, ticks_ns=ticks_ns)

    def post(self, store: ReadStore | None = None, batch_events_max: int = BATCH_EVENTS_MAX) -> None:
        """Post all that is told, as a follower does that is then stopped."""
        follower = self.follower(store, batch_events_max)
        while follower.run_once():
            pass
        follower.stop()

    def rows(self, name: str, store: ReadStore | None = None) -> list[dict[str, Any]]:
        """All rows of the live version's main table, by key."""
        return next(iter(self.tables(name, store).values()))

    def tables(self, name: str, store: ReadStore | None = None) -> Tables:
        """All rows of all tables of the live version, by key."""
        with (store or self.store).snapshot(name) as snapshot:
            found: Tables = {}
            for table in snapshot.tables:
                query = table.select().order_by(*table.primary_key)
                rows = snapshot.connection.execute(query).mappings()
                found[logical_name(table.name, *snapshot.cursor.key[1:])] = [dict(row) for row in rows]
            return found

    def told_by(self, name: str, store: ReadStore | None = None) -> Tables:
        """The rows without what depends on the order of arrival."""
        return {
            table: sorted(
                ({column: value for column, value in row.items() if column not in BOOKKEEPING} for row in rows),
                key=lambda row: [row["stream_id"], row["occurred_at_ns"], row.get("event_id") or row.get("code") or ""],
            )
            for table, rows in self.tables(name, store).items()
        }

    def name_of(self, table: Table) -> str:
        """The table as a statement of one's own names it."""
        return f"{schema}.{table.name}" if (schema := self.store.engine.schema) else table.name

    def status(self, name: str, store: ReadStore | None = None) -> ProjectionStatus:
        """How this projection stands."""
        return next(status for status in (store or self.store).status() if status.name == name)

    def drop_read_models(self) -> None:
        """As somebody does who wants them to be filled again."""
        for store in self._stores:
            store.close()
        if isinstance(self.engine, PostgreSQLEngine):
            self.engine.run("DROP SCHEMA read CASCADE")
        else:
            _unlink(folder_of(self.engine.url), "read.db")

    def exchange_journal(self) -> None:
        """Another journal, without any event, where this one was."""
        self.journal.close()
        if isinstance(self.engine, PostgreSQLEngine):
            self.engine.run("DROP SCHEMA journal CASCADE")
        else:
            _unlink(folder_of(self.engine.url), "journal.db")
        self.journal = self.engine.open()
        self._told.clear()
        self._versions.clear()

    def registration_stream(self, registration_id: str) -> UUID:
        """The id of a registration's stream."""
        return stream_id(SOURCE, Kind.REGISTRATION, registration_id)

    def close(self) -> None:
        """Let all files go."""
        for store in self._stores:
            store.close()
        self.journal.close()


def _unlink(folder: Path, name: str) -> None:
    for file in folder.glob(f"{name}*"):
        file.unlink()
