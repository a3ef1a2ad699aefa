"""How far each version of each projection has got, which version is live, and who may write it: one row each.

Lease and cursor share a row, so that one update moves the cursor, proves that its follower was not deposed, and renews
the lease.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

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
METADATA: Final = MetaData()
CURSORS: Final = Table(
    "cursors",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
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
)
LIVE: Final = Table(
    "live_versions",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("version", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """One version of a projection: it holds the events of the journal `journal_id` up to `position`."""

    name: str
    version: int
    journal_id: str | None
    """Hex; None before the first lease."""
    position: int
    digest: bytes | None
    """Of the event at the position; None at 0."""
    state: Literal["following", "stopped"]
    stopped_reason: str | None
    stopped_at: int | None
    """The position of the event that could not be handled."""
    updated_at_ns: int
    holder: str | None
    epoch: int
    expires_at_ns: int

    @property
    def key(self) -> tuple[str, int]:
        """Which row this is."""
        return self.name, self.version


def read_cursor(connection: Connection, name: str, version: int) -> Cursor | None:
    """The cursor of this version, or None where there is none."""
    row = connection.execute(select(CURSORS).where(_is((name, version)))).one_or_none()
    return None if row is None else Cursor(**row._mapping)  # noqa: SLF001  SQLAlchemy's public name for it


def read_live(connection: Connection, name: str) -> Cursor | None:
    """The cursor of the version that readers get."""
    joined = select(CURSORS).join(LIVE, (LIVE.c.name == CURSORS.c.name) & (LIVE.c.version == CURSORS.c.version))
    row = connection.execute(joined.where(LIVE.c.name == name)).one_or_none()
    return None if row is None else Cursor(**row._mapping)  # noqa: SLF001  SQLAlchemy's public name for it


def add_cursor(connection: Connection, name: str, version: int, now_ns: int) -> None:
    """A row for a version that is new here; the first version of a name is live at once."""
    if read_cursor(connection, name, version) is None:
        connection.execute(CURSORS.insert().values(name=name, version=version, state="following", updated_at_ns=now_ns))
    if connection.execute(select(LIVE.c.version).where(LIVE.c.name == name)).one_or_none() is None:
        connection.execute(LIVE.insert().values(name=name, version=version))


def is_free(cursor: Cursor, now_ns: int) -> bool:
    """Whether nobody holds the lease; one that ends later than a lease can was written under another clock."""
    return not now_ns < cursor.expires_at_ns <= now_ns + LEASE_NS


def move_cursor(connection: Connection, cursor: Cursor, values: dict[str, Any]) -> None:
    """Change the row if it is still as this follower knows it; raises `LeaseLostError` where it is not."""
    unchanged = _is(cursor.key) & (CURSORS.c.epoch == cursor.epoch) & (CURSORS.c.position == cursor.position)
    if connection.execute(CURSORS.update().where(unchanged).values(**values)).rowcount != 1:
        raise LeaseLostError(f"another follower has taken the projection {cursor.name} over")


def _is(key: tuple[str, int]) -> ColumnElement[bool]:
    return (CURSORS.c.name == key[0]) & (CURSORS.c.version == key[1])
