"""The read models in the schema `read`: who reads, who writes, who creates, and by which clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Engine, Table, create_engine, text

from daybook.errors import LeaseLostError, StoreNewerError
from daybook.journal.postgresql.connection import BoundedConnection, connect, parameters_of
from daybook.journal.postgresql.reading import close_engine, reading_engine
from daybook.projecting.change import Change
from daybook.projecting.definition import create_index, create_table
from daybook.projecting.layout import FIRST_LAYOUT, LAYOUT, upgrade
from daybook.projecting.postgresql.copying import Copier
from daybook.projecting.postgresql.definition import SCHEMA, collated
from daybook.projecting.postgresql.sessions import check_sessions, listen

CREATION_LOCK: Final = int.from_bytes(b"daybook\x03", "big")
HUNG_AFTER_S: Final = 5.0
"""A follower that began its transaction so long ago, and from which the server waits to hear, has stopped."""
_LOCK_WAIT_S_MAX: Final = 1.0
_STATEMENT_S_MAX: Final = 6.5
"""Less than the driver waits, and more than a reader gets: on a cold cache a batch may take long."""
_CONNECTION_WAIT_S_MAX: Final = 3.0
_LONG_S_MAX: Final = 1_800.0
"""For an index of a large table: some minutes for a hundred million rows, and no more than a lost server costs."""

# A crash may take the last batches back, rows and cursor together; they are posted again from the journal, which is
# durable. The plans of small young tables would not do for grown ones.
_WRITER: Final = f"""
SET synchronous_commit = off;
SET enable_seqscan = off;
SET lock_timeout = {int(_LOCK_WAIT_S_MAX * 1000)};
SET statement_timeout = {int(_STATEMENT_S_MAX * 1000)}
"""
_LONG: Final = text(f"SET LOCAL statement_timeout = {int(_LONG_S_MAX * 1000)}")
_KEY: Final = "hashtextextended('daybook.' || :lock, 0)"
_LOCK: Final = text(f"SELECT pg_try_advisory_xact_lock({_KEY})")
# Whoever waits in the middle of a COPY for a client that stopped is freed by no timeout of the server.
_END_HUNG: Final = text(
    f"""
SELECT pg_terminate_backend(holder.pid) FROM pg_locks held JOIN pg_stat_activity holder USING (pid)
WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1
AND (held.classid::bigint << 32) | held.objid::bigint = {_KEY}
AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND holder.usename = current_user AND holder.wait_event_type = 'Client'
AND holder.xact_start < clock_timestamp() - make_interval(secs => :hung_after_s)
"""  # noqa: S608  constants of ours
)
_NOW: Final = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000")


class PostgreSQLEngine:
    """The read models in one database. Connections are made when they are needed; nothing is opened yet."""

    schema: Final = SCHEMA

    def __init__(self, url: str, clock_ns: Callable[[], int] | None = None) -> None:
        self._parameters = parameters_of(url)
        self._clock_ns = clock_ns
        translated = {"schema_translate_map": {None: SCHEMA}}
        self._readers = reading_engine(self._parameters).execution_options(**translated)
        self._writers = _writing_engine(self._parameters).execution_options(**translated)
        self._copier = Copier()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot: a transaction that repeats its reads and writes nothing."""
        with self._readers.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, lock: str | None, *, is_long: bool = False) -> Iterator[Connection]:
        """Under an advisory lock for as long as the transaction runs; ends the session of one that hangs inside."""
        with self._writers.connect() as connection, _patience(connection, is_long=is_long), connection.begin():
            if is_long:
                connection.execute(_LONG)
            if lock is not None and not connection.scalar(_LOCK, {"lock": lock}):
                connection.execute(_END_HUNG, {"lock": lock, "hung_after_s": HUNG_AFTER_S})
                raise LeaseLostError(f"another follower is writing {lock}")
            yield connection

    @contextmanager
    def creating(self) -> Iterator[Connection]:
        """Under an advisory lock of its own."""
        with self._writers.connect() as connection, connection.begin():
            connection.execute(text(f"SELECT pg_advisory_xact_lock({CREATION_LOCK})"))
            if connection.scalar(text(f"SELECT to_regnamespace('{SCHEMA}')")) is None:
                connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
            _check_layout(connection)
            yield connection

    def create(self, connection: Connection, tables: Iterable[Table], *, with_indexes: bool = True) -> None:
        """With texts that compare by their bytes."""
        for table in tables:
            create_table(connection, collated(table), with_indexes=with_indexes)

    def tables(self, connection: Connection) -> set[str]:
        """In the schema."""
        found = connection.execute(text("SELECT tablename::text FROM pg_tables WHERE schemaname = :s"), {"s": SCHEMA})
        return set(found.scalars())

    def pin(self, connection: Connection, names: Iterable[str]) -> None:
        """By the lock that any reading takes, before what it was told is out of date."""
        tables = ", ".join(f'{SCHEMA}."{name}"' for name in names)
        connection.execute(text(f"LOCK TABLE {tables} IN ACCESS SHARE MODE"))

    def create_index(self, connection: Connection, table: Table, number: int) -> bool:
        """As it is defined."""
        return create_index(connection, collated(table), number)

    def settle(self, connection: Connection, tables: Iterable[Table]) -> None:
        """What autovacuum would do some time later."""
        for table in tables:
            connection.execute(text(f'ANALYZE {SCHEMA}."{table.name}"'))

    def drop(self, connection: Connection, names: Iterable[str]) -> None:
        """With their indexes; waits a little for those who read them."""
        for name in names:
            connection.execute(text(f'DROP TABLE IF EXISTS {SCHEMA}."{name}"'))

    def append_rows(self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """By COPY."""
        self._copier.append_rows(connection, table, rows)

    def replace_rows(self, connection: Connection, change: Change) -> None:
        """By COPY."""
        self._copier.replace_rows(connection, change)

    def now_ns(self, connection: Connection) -> int:
        """The server's clock: hosts need not agree."""
        now_ns: int = self._clock_ns() if self._clock_ns else connection.scalar(_NOW)
        return now_ns

    def check_sessions(self) -> None:
        """See there."""
        check_sessions(self._parameters)

    def listen(self, heard: Callable[[int], None], stopping: threading.Event) -> None:
        """See there."""
        listen(self._parameters, heard, stopping)

    def close(self) -> None:
        """Close every connection."""
        close_engine(self._readers)
        close_engine(self._writers)


@contextmanager
def _patience(connection: Connection, *, is_long: bool) -> Iterator[None]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, BoundedConnection)  # noqa: S101  for the type checker: it is what our creator makes
    before = driver.answer_s_max
    driver.answer_s_max = _LONG_S_MAX if is_long else before
    try:
        yield
    finally:
        driver.answer_s_max = before


def _writing_engine(parameters: str) -> Engine:
    def creator() -> BoundedConnection:
        connection = connect(parameters)
        # Several statements can be sent only as text, which this cursor asks for.
        psycopg.Cursor(connection).execute(_WRITER.encode())
        connection.autocommit = False
        # Whatever the default is: a deposed follower must see what its successor committed.
        connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        connection.prepare_threshold = None
        return connection

    return create_engine(
        "postgresql+psycopg://",
        creator=creator,
        hide_parameters=True,  # errors are shown and logged
        pool_size=1,  # the follower's
        max_overflow=1,  # one thread that creates
        pool_timeout=_CONNECTION_WAIT_S_MAX,
        use_native_hstore=False,
    )


def _check_layout(connection: Connection) -> None:
    """Refuse a schema that a newer daybook wrote, and bring an older one up; the layout is kept in a table."""
    connection.execute(text(f"CREATE TABLE IF NOT EXISTS {SCHEMA}.layout (layout integer NOT NULL)"))
    found = connection.scalar(text(f"SELECT max(layout) FROM {SCHEMA}.layout"))  # noqa: S608  a constant
    if found is None:
        connection.execute(text(f"INSERT INTO {SCHEMA}.layout VALUES ({LAYOUT})"))  # noqa: S608  constants
    elif found == FIRST_LAYOUT:
        upgrade(connection, schema=SCHEMA)
        connection.execute(text(f"UPDATE {SCHEMA}.layout SET layout = {LAYOUT}"))  # noqa: S608  constants
    elif found > LAYOUT:
        raise StoreNewerError(
            f"the read models have layout {found}, this daybook knows {LAYOUT}; start the daybook that wrote them,"
            f" or drop the schema {SCHEMA}: it is filled again from the journal"
        )
