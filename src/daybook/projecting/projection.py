"""What a folder in `projections/` says of its read model: a name, a version, tables, and a pure function to rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeAlias

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text, text

from daybook.domain.events import Event
from daybook.domain.identity import Kind
from daybook.errors import ProjectionError

Row: TypeAlias = tuple[Table, Mapping[str, Any]]
"""A row and the table it belongs in; the columns that a state or an event tells of itself are filled in."""

# A name given to an index by hand would be the same in two versions, and names of indexes are global in a schema.
NAMES: Final = {"ix": "ix_%(table_name)s_%(column_0_N_name)s"}


@dataclass(frozen=True, slots=True)
class StateProjection:
    """Rows that follow from the state of one aggregate: a pure function of the fold of its whole stream.

    Every table has a column `stream_id`: the rows of a stream are replaced whenever it has a new event.
    """

    KEY: ClassVar[str] = "stream_id"

    name: str
    version: int
    tables: tuple[Table, ...]
    rows: Mapping[Kind, Callable[[Any], Iterable[Row]]]
    """The function of each kind of aggregate that this projection reads; it takes the state."""
    predecessor: SoundProjection | None = None
    """The version before, where the folder keeps it: then one process keeps both up, and a rollback stays fresh."""

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True, slots=True)
class LogProjection:
    """Rows that follow from one event alone, and only from what it tells itself.

    Every table has a column `position`: the rows of an event are replaced if it is posted again.
    """

    KEY: ClassVar[str] = "position"

    name: str
    version: int
    tables: tuple[Table, ...]
    rows: Callable[[Event], Iterable[Row]]
    predecessor: SoundProjection | None = None

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True, slots=True)
class BrokenProjection:
    """A folder in `projections/` that holds no usable projection: shown as stopped, while all others go on."""

    name: str
    reason: str


SoundProjection: TypeAlias = StateProjection | LogProjection
Projection: TypeAlias = SoundProjection | BrokenProjection


def versions_of(projection: Projection) -> dict[int, SoundProjection]:
    """The versions that there is code for: its own, and its predecessor's."""
    if isinstance(projection, BrokenProjection):
        return {}
    before = versions_of(projection.predecessor) if projection.predecessor else {}
    return {**before, projection.version: projection}


def state_table(name: str, version: int, subject: str, *items: Column[Any] | Index) -> Table:
    """A table with one row per aggregate; `subject` names the column of its id, e.g. `registration_id`.

    Its lists are read newest first, by `(occurred_at_ns, subject)`: each index in `items` should end in those two.
    """
    return Table(
        f"{name}_v{version}",
        MetaData(naming_convention=NAMES),
        Column("stream_id", String(32), primary_key=True),
        Column("source", Text, nullable=False),
        Column(subject, Text, nullable=False),
        *_columns(items),
        Column("occurred_at_ns", BigInteger, nullable=False),
        Column("time_basis", Text, nullable=False),
        Column("recorded_at_ns", BigInteger, nullable=False),
        Column("version", Integer, nullable=False),
        Column("position", BigInteger, nullable=False),
        Index(None, "source", subject, unique=True),
        Index(None, "source", "occurred_at_ns", subject),
        *_indexes(items),
        info={"subject": subject},
    )


def log_table(name: str, version: int, *items: Column[Any] | Index) -> Table:
    """A table with one row per event; its lists are read newest first, by either time and the position."""
    return Table(
        f"{name}_v{version}",
        MetaData(naming_convention=NAMES),
        # Only a column of type INTEGER is SQLite's row id itself and needs no index of its own.
        Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
        Column("stream_id", String(32), nullable=False),
        Column("version", Integer, nullable=False),
        Column("source", Text, nullable=False),
        *_columns(items),
        Column("occurred_at_ns", BigInteger, nullable=False),
        Column("time_basis", Text, nullable=False),
        Column("recorded_at_ns", BigInteger, nullable=False),
        Index(None, "source", "occurred_at_ns", "position"),
        Index(None, "source", "recorded_at_ns", "position"),
        *_indexes(items),
        info={"subject": "position"},
    )


def partial_index(*columns: str, where: str) -> Index:
    """An index of only those rows for which the condition holds, on either engine."""
    condition = text(where)
    return Index(None, *columns, sqlite_where=condition, postgresql_where=condition)


def _columns(items: Iterable[Column[Any] | Index]) -> list[Column[Any]]:
    return [item for item in items if isinstance(item, Column)]


def _indexes(items: Iterable[Column[Any] | Index]) -> list[Index]:
    """An index finds only columns that the table has already."""
    return [item for item in items if isinstance(item, Index)]


def _check(projection: SoundProjection) -> None:
    if not projection.name.isidentifier() or projection.version < 1:
        raise ProjectionError("a projection needs a name that is an identifier and a version of 1 or more")
    before = projection.predecessor
    if before is not None and not (before.name == projection.name and before.version < projection.version):
        raise ProjectionError(f"the predecessor of {projection.name} must be a lower version of the same projection")
    if not projection.tables:
        raise ProjectionError(f"the projection {projection.name} has no tables")
    for table in projection.tables:
        own = table.name == projection.name or table.name.startswith(f"{projection.name}_")
        if not own or not table.name.endswith(f"_v{projection.version}"):
            raise ProjectionError(
                f"the table {table.name} of {projection.name} must begin with that name and end in"
                f" _v{projection.version}, so that versions can stand beside each other"
            )
        if projection.KEY not in table.columns:
            raise ProjectionError(
                f"the table {table.name} needs a column {projection.KEY}: its rows are replaced by it"
            )
