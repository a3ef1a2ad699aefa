"""Where the rows of all projections live: apart from the journal, and disposable, since they can be posted again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, MetaData, Table, select
from sqlalchemy.exc import DBAPIError

from daybook.errors import ProjectionError
from daybook.projecting.cursor import CURSORS, LIVE, METADATA, Cursor, add_cursor, read_live
from daybook.projecting.failure import Policy, policy_of
from daybook.projecting.projection import BrokenProjection, Projection
from daybook.projecting.sqlite import check_layout, open_engine, writing
from daybook.projecting.status import ProjectionStatus, statuses

_PREPARE_ATTEMPTS_MAX: Final = 20
_PREPARE_WAIT_S: Final = 0.1
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
    """The read models of this process's projections. Nothing is opened before it is used."""

    def __init__(
        self, path: Path, projections: Mapping[str, Projection], *, clock_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self.path = path
        self.projections = projections
        self._clock_ns = clock_ns
        self._engine = open_engine(path)
        self._preparing = threading.Lock()
        self._prepared = False
        self._moved = threading.Condition()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

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
                tables = tuple(_of_version(connection, table, projection.version, cursor.version) for table in tables)
            yield Snapshot(connection, cursor, tables)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One moment of the store."""
        self._prepare()
        with self._transaction(write=False) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction under the writers' lock; commits at the end."""
        self._prepare()
        with self._transaction(write=True) as connection:
            yield connection

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
        return statuses(self.projections, cursors, live, self._clock_ns())

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[Connection]:
        with self._engine.connect() as connection, (writing(connection) if write else connection).begin():
            yield connection

    def _prepare(self) -> None:
        """Create what is absent. Waits a little for a lock: two processes may start on an empty folder at once."""
        with self._preparing:
            for attempt in range(1, _PREPARE_ATTEMPTS_MAX + 1):
                if self._prepared:
                    return
                try:
                    self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                    with self._transaction(write=True) as connection:
                        self._create(connection)
                    self._prepared = True
                except DBAPIError as error:
                    if policy_of(error) is Policy.STOP or attempt == _PREPARE_ATTEMPTS_MAX:
                        raise
                    time.sleep(_PREPARE_WAIT_S)

    def _create(self, connection: Connection) -> None:
        check_layout(connection)
        METADATA.create_all(connection)
        for name, projection in self.projections.items():
            if isinstance(projection, BrokenProjection):
                continue
            for table in projection.tables:
                table.metadata.create_all(connection, tables=[table])
            add_cursor(connection, name, projection.version, self._clock_ns())


def _of_version(connection: Connection, table: Table, own: int, live: int) -> Table:
    """The table of a live version that this process has no code for: its columns are as they were created."""
    name = f"{table.name.removesuffix(f'_v{own}')}_v{live}"
    return Table(name, MetaData(), autoload_with=connection, info=table.info)
