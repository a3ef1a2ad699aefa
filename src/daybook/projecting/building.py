"""Filling one build beside the live one: load, indexes, catching up, the switch; every step is committed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from daybook.errors import (
    CodeChangedError,
    DaybookError,
    JournalExchangedError,
    LeaseLostError,
    ProjectionError,
    StoreUnavailableError,
    TableLostError,
)
from daybook.journal import Journal
from daybook.projecting.build import INDEXING, Build
from daybook.projecting.change import Rows
from daybook.projecting.cursor import Cursor, lock_live, read_cursor, read_live, set_live
from daybook.projecting.failure import Policy, policy_of
from daybook.projecting.garbage import few_collections
from daybook.projecting.indexing import Indexing
from daybook.projecting.lease import Lease, new_holder
from daybook.projecting.loading import culprit, load
from daybook.projecting.physical import physical_tables
from daybook.projecting.posting import Posting
from daybook.projecting.progress import Progress, progress_of
from daybook.projecting.projection import SoundProjection
from daybook.projecting.read_store import ReadStore
from daybook.projecting.reader import Reader
from daybook.projecting.switching import drop_superseded

LOAD_EVENTS_MAX: Final = 8_000
"""Of one batch: some ten megabytes of memory, and less than a second under the lock of the read store."""
CATCH_UP_EVENTS_MAX: Final = 2_000
_PAUSE_S: Final = 0.2
_AWAY_S_MAX: Final = 60.0


class Building:
    """One process's work on a build. Whoever holds its lease goes on where the last committed step ended."""

    def __init__(
        self,
        build: Build | Cursor,
        projection: SoundProjection,
        store: ReadStore,
        journal: Journal,
        holder: str | None = None,
        *,
        ticks_ns: Callable[[], int] = time.monotonic_ns,
        load_events_max: int = LOAD_EVENTS_MAX,
        catch_up_events_max: int = CATCH_UP_EVENTS_MAX,
    ) -> None:
        self.key = build.key
        self.holder = holder or new_holder()
        self.progress = Progress("load", 0, None)
        """As of the last step."""
        self._projection = projection
        self._store = store
        self._journal = journal
        self._load_events_max = load_events_max
        self._catch_up_events_max = catch_up_events_max
        self._lease = Lease(store, build.key, self.holder, ticks_ns)
        self._reader = Reader(journal, catch_up_events_max)
        self._posting = Posting(projection, store, self._reader, self._lease)
        self._tables = physical_tables(projection, build.build)
        self._indexing = Indexing(store, self._tables.values(), self._lease)
        self._begun_at_ns = build.begun_at_ns
        self._given_up = False
        self._refused: ProjectionError | None = None
        """Why this process must not go on with it, though another one may."""

    def run(self, pause_s: float = _PAUSE_S) -> Iterator[Progress]:
        """Step until the build is live or held, or wait until another process has brought it there.

        The lease is let go at the end, whatever ends it. Raises `ProjectionError` where the build stopped or is gone,
        `StoreUnavailableError` where the store has been away for a minute.
        """
        try:
            with few_collections():
                yield from self._steps(pause_s)
        finally:
            with suppress(DaybookError, SQLAlchemyError):  # else the lease ends by itself
                self.release()

    def step(self, found: Cursor | None = None) -> bool:
        """One committed step; False where there is none: it is ready, it stopped, or another process leads.

        `found` is the cursor as it is in the store now. Raises what can pass by itself; the caller tries again later.
        """
        with self._store.read() as connection:
            found = found or self._read(connection)
            live = read_live(connection, self.key[0])
            now_ns = self._store.now_ns(connection)
        moved = False
        if found is not None and not self._given_up and found.on_ready is not None and found.state != "held":
            try:
                moved = self._lead(found, live, now_ns)
            except LeaseLostError:
                self._lease.cursor = None
            except (CodeChangedError, TableLostError) as error:
                self._given_up, self._refused = True, error
        self._tell()
        return moved

    def release(self) -> None:
        """Let the lease go, so that another process need not wait for its end."""
        self._lease.release()

    def _lead(self, found: Cursor, live: Cursor | None, now_ns: int) -> bool:
        cursor = self._lease.cursor or self._lease.take(found, self._journal.journal_id.hex, now_ns)
        if cursor is None:
            return False
        head = self._journal.head()
        try:
            self._reader.check(cursor, head)
        except JournalExchangedError as error:
            self._stop(cursor, error, cursor.position)
            return False
        if cursor.is_loading:
            return self._index(cursor) if cursor.done == INDEXING else self._load(cursor)
        if cursor.position >= self._reader.position_of(live, head):
            return self._hold(cursor) if cursor.on_ready == "hold" else self._switch(cursor)
        moved = self._posting.advance(head, cursor, now_ns)
        self._given_up = self._posting.has_stopped
        return moved

    def _steps(self, pause_s: float) -> Iterator[Progress]:
        heard_at_s = time.monotonic()
        while True:
            try:
                moved = self.step()
                heard_at_s = time.monotonic()
            except StoreUnavailableError:
                if time.monotonic() - heard_at_s > _AWAY_S_MAX:
                    raise
                moved = False
            yield self.progress
            if self._is_over():
                return
            if not moved:
                time.sleep(pause_s)

    def _is_over(self) -> bool:
        if self.progress.phase == "gone":
            raise ProjectionError(f"version {self.key[1]} of the projection {self.key[0]} was dropped")
        if self.progress.phase == "stopped" and self._given_up:
            raise ProjectionError(self.progress.reason)
        is_over = self.progress.phase in {"live", "held", "kept"}
        if self._refused is not None and not is_over:
            raise self._refused
        return is_over

    # ---- load and indexes

    def _load(self, cursor: Cursor) -> bool:
        limit = self._load_events_max
        while True:
            try:
                loaded = load(self._projection, self._journal, cursor, limit)
                values = loaded.values | ({} if cursor.state == "building" else _GOING_ON)
                self._lease.move(cursor, values, [partial(self._append, loaded.rows)])
            except LeaseLostError:
                raise
            except Exception as error:
                if policy_of(error) is Policy.RETRY:
                    raise
                if limit == 1:
                    self._stop(cursor, error, culprit(self._projection, self._journal, cursor))
                    return False
                limit //= 2  # all before the culprit is loaded: halve until it stands alone
            else:
                return True

    def _append(self, rows: Rows, connection: Connection) -> None:
        for table, own in rows.items():
            self._store.engine.append_rows(connection, self._tables[table], own)

    def _index(self, cursor: Cursor) -> bool:
        """The next index; when there is none left, the build is one like any other that has to catch up."""
        if not self._indexing.step(cursor):
            values = {**_GOING_ON, "position": cursor.upto, "upto": None, "done": None}
            self._lease.move(cursor, values, [self._settle])
        return True

    def _settle(self, connection: Connection) -> None:
        self._store.engine.settle(connection, self._tables.values())

    # ---- the end

    def _hold(self, cursor: Cursor) -> bool:
        self._lease.move(cursor, {**_GOING_ON, "state": "held"})
        self._store.announce()
        return True

    def _switch(self, cursor: Cursor) -> bool:
        """In one transaction; the live build cannot move on in it.

        One that was overtaken is kept, and readers stay where they are: only a person takes them back.
        """
        with self._lease.writing(cursor) as (connection, move):
            before = lock_live(connection, cursor.name)
            live = read_cursor(connection, before.key, lock=True) if before else None
            if cursor.position < self._reader.position_of(live, self._journal.head()):
                move({})
                return True
            move({**_GOING_ON, "state": "following", "on_ready": None})
            if before is None or cursor.key > before.key:
                set_live(connection, cursor.key, live.key if live else None)
        self._store.announce()
        with suppress(DaybookError, SQLAlchemyError):  # the next switch finds them again
            drop_superseded(self._store, cursor.name)
        return True

    def _stop(self, cursor: Cursor, error: Exception, position: int | None) -> None:
        self._lease.stop(cursor, error, position)
        self._given_up = True

    def _read(self, connection: Connection) -> Cursor | None:
        """None too where it was dropped and another one was begun under its number."""
        cursor = read_cursor(connection, self.key)
        return cursor if cursor is not None and cursor.begun_at_ns == self._begun_at_ns else None

    def _tell(self) -> None:
        with self._store.read() as connection:
            cursor, live = self._read(connection), read_live(connection, self.key[0])
        self.progress = progress_of(cursor, live, self._indexing)


_GOING_ON: Final[dict[str, Any]] = {"state": "building", "stopped_reason": None, "stopped_at": None}
