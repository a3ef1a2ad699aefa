"""Where the rows of all projections live: apart from the journal, and disposable, since they can be posted again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy import Column, Connection, MetaData, Table, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from daybook.errors import ProjectionError, StoreUnavailableError
from daybook.projecting.change import Change
from daybook.projecting.cursor import CURSORS, LIVE, METADATA, Cursor, add_cursor, read_live
from daybook.projecting.engine import engine_of
from daybook.projecting.failure import Policy, is_absent, policy_of
from daybook.projecting.projection import BrokenProjection, Projection
from daybook.projecting.reason import kind_of
from daybook.projecting.status import ProjectionStatus, statuses

_PREPARE_S_MAX: Final = 5.0
"""How long a reader or a follower waits for the tables, which another process may be creating."""
_PREPARE_PAUSE_S: Final = 0.1
_POLL_S: Final = 0.05
"""How often a waiting reader looks for what another process has posted."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The live version of a projection at one moment: all that is read through it belongs to this cursor."""

    connection: Connection
    cursor: Cursor
    tables: tuple[Table, ...]

    @property
    def table(self) -> Table:
        """The first table, which most projections have alone."""
        return self.tables[0]


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
        self._is_replica = is_replica
        self._preparing = threading.Lock()
        self._prepared = False
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
        """Live version, cursor and rows of one moment; raises `ProjectionError` where there is no such read model."""
        projection = self.projections.get(name)
        if projection is None:
            raise ProjectionError(f"there is no projection {name}")
        if isinstance(projection, BrokenProjection):
            raise ProjectionError(f"the projection {name} is stopped: {projection.reason}")
        with self.read() as connection:
            cursor = read_live(connection, name)
            if cursor is None:
                raise ProjectionError(f"no version of the projection {name} is live")
            tables = projection.tables
            if cursor.version != projection.version:
                tables = tuple(
                    self._of_version(connection, table, projection.version, cursor.version) for table in tables
                )
            yield Snapshot(connection, cursor, tables)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One moment of the store."""
        with self._troubles():
            self._prepare()
            with self.engine.reading() as connection:
                yield connection

    @contextmanager
    def write(self, cursor: Cursor) -> Iterator[Connection]:
        """One transaction, alone among the followers of this cursor; commits at the end."""
        if self._is_replica:
            raise ProjectionError("a replica is only read; give the follower the read models of the primary")
        with self._troubles():
            self._prepare()
            with self.engine.writing(f"{cursor.name}_v{cursor.version}") as connection:
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

    def status(self) -> list[ProjectionStatus]:
        """How each projection stands, by name: of all processes, as far as the store can tell."""
        with self.read() as connection:
            cursors = [Cursor(**row._mapping) for row in connection.execute(select(CURSORS))]  # noqa: SLF001
            live = {row.name: row.version for row in connection.execute(select(LIVE))}
            now_ns = self.engine.now_ns(connection)
        return statuses(self.projections, cursors, live, now_ns)

    @contextmanager
    def _troubles(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, psycopg.Error) as error:
            if is_absent(error):
                self._prepared = False  # somebody dropped the read models, which are disposable
            if policy_of(error) is Policy.STOP:
                raise
            raise StoreUnavailableError(f"the read models cannot be reached now ({kind_of(error)})") from error

    def _prepare(self) -> None:
        """Create what is absent. Waits a little for a lock: several processes may start on an empty store at once."""
        if self._prepared or self._is_replica:
            return
        deadline = time.monotonic() + _PREPARE_S_MAX
        if not self._preparing.acquire(timeout=_PREPARE_S_MAX):
            raise StoreUnavailableError("the read models are still being created")
        try:
            while not self._prepared:
                try:
                    with self.engine.creating() as connection:
                        self._create(connection)
                    self._prepared = True
                except (SQLAlchemyError, psycopg.Error) as error:
                    if policy_of(error) is Policy.STOP or time.monotonic() > deadline:
                        raise
                    time.sleep(_PREPARE_PAUSE_S)
        finally:
            self._preparing.release()

    def _create(self, connection: Connection) -> None:
        self.engine.create(connection, METADATA.sorted_tables)
        now_ns = self.engine.now_ns(connection)
        for name, projection in self.projections.items():
            if not isinstance(projection, BrokenProjection):
                self.engine.create(connection, projection.tables)
                add_cursor(connection, name, projection.version, now_ns)

    def _of_version(self, connection: Connection, table: Table, own: int, live: int) -> Table:
        """The table of a live version that this process has no code for: its columns are as they were created."""
        name = f"{table.name.removesuffix(f'_v{own}')}_v{live}"
        found = inspect(connection).get_columns(name, schema=self.engine.schema)
        return Table(name, MetaData(), *(Column(told["name"], told["type"]) for told in found), info=table.info)
