"""Where the rows of all projections live: apart from the journal, and disposable, since they can be posted again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from daybook.errors import ProjectionError, StoreUnavailableError
from daybook.projecting.build import Build, builds_of
from daybook.projecting.change import Change
from daybook.projecting.cursor import (
    Cursor,
    Key,
    read_cursor,
    read_cursors,
    read_live,
    read_lives,
)
from daybook.projecting.engine import engine_of
from daybook.projecting.failure import Policy, is_absent, policy_of
from daybook.projecting.fingerprint import fingerprints_of
from daybook.projecting.physical import physical_name
from daybook.projecting.preparation import Preparation
from daybook.projecting.projection import BrokenProjection, Projection, SoundProjection
from daybook.projecting.reason import kind_of
from daybook.projecting.snapshot import Snapshot, Tables, complete, table_lost
from daybook.projecting.status import ProjectionStatus, statuses

_POLL_S: Final = 0.05
"""How often a waiting reader looks for what another process has posted."""


class ReadStore:
    """The read models of this process's projections. Nothing is opened before it is used.

    Trouble of the database that can pass is raised as `StoreUnavailableError`, also from within `with snapshot(…)`.
    """

    def __init__(
        self,
        database_url: str | Path,
        projections: Mapping[str, Projection],
        *,
        is_replica: bool = False,
        clock_ns: Callable[[], int] | None = None,
    ) -> None:
        """`is_replica`: only for reading, where a primary's read models arrive by replication."""
        self.projections = projections
        self.engine = engine_of(database_url, clock_ns)
        # Now, while the files are those that were imported: a deployment may exchange them under a running process.
        self.fingerprints = fingerprints_of(projections)
        self._tables = Tables(self.engine.schema, self.fingerprints)
        self._preparation = None if is_replica else Preparation(self.engine, projections, self.fingerprints)
        self._moved = threading.Condition()

    @property
    def path(self) -> Path:
        """The file on SQLite."""
        path: Path = getattr(self.engine, "path")  # noqa: B009  only SQLite's has one
        return path

    def close(self) -> None:
        """Close every connection."""
        self.engine.close()

    @contextmanager
    def snapshot(self, name: str) -> Iterator[Snapshot]:
        """Live build, cursor and rows of one moment; raises `ProjectionError` where there is no such read model."""
        with self.together(name) as (snapshot,):
            yield snapshot

    @contextmanager
    def together(self, *names: str) -> Iterator[tuple[Snapshot, ...]]:
        """The live builds of several projections at one and the same moment, each with its own cursor."""
        projections = [self.sound(name) for name in names]
        with ExitStack() as stack:
            try:
                snapshots = stack.enter_context(self._live(projections))
            except StoreUnavailableError as error:
                if not is_absent(error):
                    raise
                # Another one became live, and this one was dropped, while we began.
                snapshots = stack.enter_context(self._live(projections))
            yield snapshots

    @contextmanager
    def snapshots(self, name: str, *keys: Key) -> Iterator[tuple[Snapshot, ...]]:
        """Several builds at the same moment, live or not; raises `ProjectionError` for one that is not complete."""
        projection = self.sound(name)
        with self.read() as connection:
            cursors = [complete(read_cursor(connection, key), key) for key in keys]
            yield tuple(self._snapshot(connection, projection, cursor) for cursor in cursors)

    @contextmanager
    def snapshot_of(self, name: str, version: int, build: int) -> Iterator[Snapshot]:
        """One of them alone."""
        with self.snapshots(name, (name, version, build)) as (snapshot,):
            yield snapshot

    def sound(self, name: str) -> SoundProjection:
        """The projection of this name; raises `ProjectionError` where it cannot be used."""
        projection = self.projections.get(name)
        if projection is None:
            raise ProjectionError(f"there is no projection {name}")
        if isinstance(projection, BrokenProjection):
            raise ProjectionError(f"the projection {name} is stopped: {projection.reason}")
        return projection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One moment of the store."""
        with self._troubles():
            if self._preparation is not None:
                self._preparation.ensure()
            with self.engine.reading() as connection:
                yield connection

    @contextmanager
    def write(self, cursor: Cursor, *, is_long: bool = False) -> Iterator[Connection]:
        """One transaction, alone among the followers of this cursor; commits at the end."""
        lock = physical_name(f"{cursor.name}_v{cursor.version}", cursor.build)
        with self._writable(), self.engine.writing(lock, is_long=is_long) as connection:
            yield connection

    @contextmanager
    def change(self) -> Iterator[Connection]:
        """One transaction beside all followers; what it must not find moved it has to lock."""
        with self._writable(), self.engine.writing(None) as connection:
            yield connection

    @contextmanager
    def creating(self) -> Iterator[Connection]:
        """One transaction in which nobody else creates or drops anything."""
        with self._writable(), self.engine.creating() as connection:
            yield connection

    def replace_rows(self, connection: Connection, change: Change) -> None:
        """Replace all rows of the change's keys by its rows."""
        self.engine.replace_rows(connection, change)

    def now_ns(self, connection: Connection) -> int:
        """The time by the clock that all followers of this store share."""
        return self.engine.now_ns(connection)

    def check_sessions(self) -> None:
        """Raises `PoolingError` where the database gives a follower no session of its own."""
        with self._troubles():
            self.engine.check_sessions()

    def listen(self, heard: Callable[[int], None], stopping: threading.Event) -> None:
        """Tell of the journal's last position when it has grown, until the event is set; returns where nobody tells."""
        with self._troubles():
            self.engine.listen(heard, stopping)

    def announce(self) -> None:
        """Tell this process's waiting readers that a cursor has moved."""
        with self._moved:
            self._moved.notify_all()

    def wait_for_position(self, name: str, position: int, timeout_s: float) -> bool:
        """Wait until the live version has got to this position; False where it has not, or has stopped before.

        Blocks its thread: call it from a worker thread.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            with self.read() as connection:
                cursor = read_live(connection, name)
            if cursor is not None and cursor.position >= position:
                return True
            remaining_s = deadline - time.monotonic()
            if remaining_s <= 0 or cursor is None or cursor.state == "stopped":
                return False
            with self._moved:
                self._moved.wait(min(remaining_s, _POLL_S))

    def cursors(self) -> tuple[list[Cursor], int]:
        """Of all builds, by name, and the store's time."""
        with self.read() as connection:
            return read_cursors(connection), self.engine.now_ns(connection)

    def builds(self, name: str | None = None) -> list[Build]:
        """All builds of all versions, or of one projection, by name, version and build."""
        with self.read() as connection:
            cursors, lives = read_cursors(connection, name), read_lives(connection)
            now_ns = self.engine.now_ns(connection)
        return builds_of(cursors, lives, self.fingerprints, now_ns)

    def status(self) -> list[ProjectionStatus]:
        """How each projection stands, by name: of all processes, as far as the store can tell."""
        with self.read() as connection:
            cursors, lives = read_cursors(connection), read_lives(connection)
            now_ns = self.engine.now_ns(connection)
        return statuses(self.projections, cursors, lives, now_ns)

    def is_lost(self, cursor: Cursor) -> bool:
        """Whether its tables were gone when this process looked: at its start, and whenever it missed one."""
        return self._preparation is not None and self._preparation.is_lost(cursor)

    @contextmanager
    def _live(self, projections: Iterable[SoundProjection]) -> Iterator[tuple[Snapshot, ...]]:
        with self.read() as connection:
            snapshots = tuple(self._live_one(connection, projection) for projection in projections)
            self.engine.pin(connection, [table.name for snapshot in snapshots for table in snapshot.tables])
            yield snapshots

    def _live_one(self, connection: Connection, projection: SoundProjection) -> Snapshot:
        cursor = read_live(connection, projection.name)
        if cursor is None:
            raise ProjectionError(f"no version of the projection {projection.name} is live")
        return self._snapshot(connection, projection, complete(cursor, cursor.key))

    def _snapshot(self, connection: Connection, projection: SoundProjection, cursor: Cursor) -> Snapshot:
        if self.is_lost(cursor):
            raise table_lost(cursor)
        return Snapshot(connection, cursor, self._tables.of(connection, projection, cursor))

    @contextmanager
    def _writable(self) -> Iterator[None]:
        if self._preparation is None:
            raise ProjectionError("a replica is only read; give the follower the read models of the primary")
        with self._troubles():
            self._preparation.ensure()
            yield

    @contextmanager
    def _troubles(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, psycopg.Error) as error:
            if is_absent(error) and self._preparation is not None:
                self._preparation.repeat()  # somebody dropped the read models, which are disposable
            if policy_of(error) is Policy.STOP:
                raise
            raise StoreUnavailableError(f"the read models cannot be reached now ({kind_of(error)})") from error
