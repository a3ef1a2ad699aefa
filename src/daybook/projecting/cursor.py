"""How far each build of each projection has got, which build is live, and who may write it: one row each.

Lease and cursor share a row, so that one update moves the cursor, proves that its follower was not deposed, and renews
the lease.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    select,
)

from daybook.errors import LeaseLostError

LEASE_NS: Final = 5_000_000_000
"""A follower that is not heard of for this long is deposed."""
FIRST_BUILD: Final = 1

OnReady: TypeAlias = Literal["switch", "hold"]
State: TypeAlias = Literal["building", "following", "held", "stopped"]
Key: TypeAlias = tuple[str, int, int]
"""A build: name, version, and the how-manieth filling of that version's tables it is."""

Identity: TypeAlias = tuple[Key, int | None]
"""A build, and when it was begun: its number may have been another one's."""

METADATA: Final = MetaData()
CURSORS: Final = Table(
    "cursors",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("build", Integer, primary_key=True, server_default="1"),
    Column("journal_id", String(32)),
    Column("position", BigInteger, nullable=False, default=0),
    Column("digest", LargeBinary(32)),
    Column("state", Text, nullable=False),
    Column("stopped_reason", Text),
    Column("stopped_at", BigInteger),
    Column("updated_at_ns", BigInteger, nullable=False),
    Column("holder", Text),
    Column("epoch", BigInteger, nullable=False, default=0),
    Column("expires_at_ns", BigInteger, nullable=False, default=0),
    Column("fingerprint", LargeBinary(32)),
    Column("upto", BigInteger),
    Column("done", Text),
    Column("events_done", BigInteger, nullable=False, server_default="0"),
    Column("events_total", BigInteger),
    Column("begun_at_ns", BigInteger),
    Column("on_ready", Text),
    Column("tables", Text),
)
LIVE: Final = Table(
    "live_versions",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("build", Integer, nullable=False, server_default="1"),
    Column("previous_version", Integer),
    Column("previous_build", Integer),
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """One build of a projection: it holds the events of the journal `journal_id` up to `position`."""

    name: str
    version: int
    build: int
    journal_id: str | None
    """Hex; None before the first lease, and where the journal that it belonged to was exchanged."""
    position: int
    """0 while a load is under way: only then the rows are those of one moment."""
    digest: bytes | None
    """Of the event at the position, or at `upto` during a load; None at 0."""
    state: State
    stopped_reason: str | None
    stopped_at: int | None
    """The position of the event that could not be handled."""
    updated_at_ns: int
    holder: str | None
    epoch: int
    expires_at_ns: int
    fingerprint: bytes | None
    """Of the code that posted it; None before the first lease."""
    upto: int | None
    """The position that a load fills the tables up to; None once they are."""
    done: str | None
    """How far the load has got: the last stream's id in hex, or a position."""
    events_done: int
    events_total: int | None
    begun_at_ns: int | None
    on_ready: OnReady | None
    """What comes when it has caught up; None where it is or was live."""
    tables: str | None
    """Their names, separated by blanks, the main one first; None in a store of the first layout, until it is opened."""

    @property
    def key(self) -> Key:
        """Which row this is."""
        return self.name, self.version, self.build

    @property
    def is_loading(self) -> bool:
        """Whether its tables are still being filled, so that its rows are not those of any moment."""
        return self.upto is not None

    @property
    def is_begun(self) -> bool:
        """Whether its rows depend on code that ran before."""
        return self.position > 0 or self.done is not None

    @property
    def state_to_go_on(self) -> State:
        """The state after a stop that is over."""
        return "following" if self.on_ready is None else "building"


@dataclass(frozen=True, slots=True)
class Live:
    """Which build readers get, and which they got before."""

    name: str
    version: int
    build: int
    previous_version: int | None
    previous_build: int | None

    @property
    def key(self) -> Key:
        """The build that is live."""
        return self.name, self.version, self.build

    @property
    def previous(self) -> Key | None:
        """The build that a rollback goes to."""
        if self.previous_version is None or self.previous_build is None:
            return None
        return self.name, self.previous_version, self.previous_build


def identity_of(cursor: Cursor) -> Identity:
    """What stays its own for ever."""
    return cursor.key, cursor.begun_at_ns


def read_cursor(connection: Connection, key: Key, *, lock: bool = False) -> Cursor | None:
    """The cursor of this build, or None where there is none; with `lock`, nobody else moves it in the meantime."""
    query = select(CURSORS).where(_is(key))
    row = connection.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    return None if row is None else Cursor(**row)


def read_cursors(connection: Connection, name: str | None = None) -> list[Cursor]:
    """All builds, or those of one projection, by version and build."""
    query = select(CURSORS).order_by(CURSORS.c.name, CURSORS.c.version, CURSORS.c.build)
    if name is not None:
        query = query.where(CURSORS.c.name == name)
    return [Cursor(**row) for row in connection.execute(query).mappings()]


def read_live(connection: Connection, name: str) -> Cursor | None:
    """The cursor of the build that readers get."""
    same = (LIVE.c.name == CURSORS.c.name) & (LIVE.c.version == CURSORS.c.version) & (LIVE.c.build == CURSORS.c.build)
    row = connection.execute(select(CURSORS).join(LIVE, same).where(LIVE.c.name == name)).mappings().one_or_none()
    return None if row is None else Cursor(**row)


def read_lives(connection: Connection) -> dict[str, Live]:
    """Which build of each projection is live."""
    return {row["name"]: Live(**row) for row in connection.execute(select(LIVE)).mappings()}


def lock_live(connection: Connection, name: str) -> Live | None:
    """Which build is live, and nobody else changes that in the meantime."""
    row = connection.execute(select(LIVE).where(LIVE.c.name == name).with_for_update()).mappings().one_or_none()
    return None if row is None else Live(**row)


def set_live(connection: Connection, key: Key, previous: Key | None) -> None:
    """Readers get this build from now on."""
    values = {
        "version": key[1],
        "build": key[2],
        "previous_version": previous and previous[1],
        "previous_build": previous and previous[2],
    }
    if connection.execute(LIVE.update().where(LIVE.c.name == key[0]).values(**values)).rowcount == 0:
        connection.execute(LIVE.insert().values(name=key[0], **values))


def add_cursor(connection: Connection, key: Key, values: Mapping[str, Any]) -> None:
    """A row for a new build."""
    name, version, build = key
    connection.execute(CURSORS.insert().values(name=name, version=version, build=build, **values))


def is_free(cursor: Cursor, now_ns: int) -> bool:
    """Whether nobody holds the lease; one that ends later than a lease can was written under another clock."""
    return not now_ns < cursor.expires_at_ns <= now_ns + LEASE_NS


def move_cursor(connection: Connection, cursor: Cursor, values: Mapping[str, Any]) -> None:
    """Change the row if it is still as this follower knows it; raises `LeaseLostError` where it is not."""
    unchanged = (
        _is(cursor.key)
        # A build that was dropped and begun again has the same key, and its epochs begin anew.
        & CURSORS.c.begun_at_ns.is_not_distinct_from(cursor.begun_at_ns)
        & (CURSORS.c.epoch == cursor.epoch)
        & (CURSORS.c.position == cursor.position)
        & CURSORS.c.done.is_not_distinct_from(cursor.done)
    )
    if connection.execute(CURSORS.update().where(unchanged).values(**values)).rowcount != 1:
        raise LeaseLostError(f"another follower has taken the projection {cursor.name} over")


def change_cursor(connection: Connection, key: Key, values: Mapping[str, Any]) -> None:
    """Change the row whoever leads, for what a person asks for; who leads finds out at the next write."""
    connection.execute(CURSORS.update().where(_is(key)).values(epoch=CURSORS.c.epoch + 1, **values))


def delete_cursor(connection: Connection, key: Key) -> None:
    """Whoever leads this build cannot write any more."""
    connection.execute(CURSORS.delete().where(_is(key)))


def _is(key: Key) -> ColumnElement[bool]:
    return (CURSORS.c.name == key[0]) & (CURSORS.c.version == key[1]) & (CURSORS.c.build == key[2])
