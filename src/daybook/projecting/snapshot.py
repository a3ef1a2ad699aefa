"""One build of a projection at one moment: its cursor, and its tables as the store has them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, Connection, MetaData, Table, inspect

from daybook.errors import ProjectionError, TableLostError
from daybook.projecting.build import matches
from daybook.projecting.cursor import Cursor, Key
from daybook.projecting.physical import logical_name, physical_name, physical_tables
from daybook.projecting.projection import SoundProjection, versions_of

_REMEMBERED_MAX: Final = 256


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is read through it belongs to this cursor."""

    connection: Connection
    cursor: Cursor
    tables: tuple[Table, ...]

    @property
    def table(self) -> Table:
        """The first table, which is the projection's main one."""
        return self.tables[0]

    def named(self, name: str) -> Table:
        """One of the tables by its logical name, e.g. `appointments_groups`.

        Raises `ProjectionError` where the live version has no such table: during a deployment it may still be one
        that knew less than the code that asks.
        """
        for table in self.tables:
            if logical_name(table.name, self.cursor.version, self.cursor.build) == name:
                return table
        raise ProjectionError(
            f"the live version {self.cursor.version} of {self.cursor.name} has no table {name};"
            f" run `daybook rebuild {self.cursor.name}`"
        )


class Tables:
    """Finds the tables of a build: those of the code if it made them, else as they were created."""

    def __init__(self, schema: str | None, fingerprints: Mapping[tuple[str, int], bytes | None]) -> None:
        self._schema = schema
        self._fingerprints = fingerprints
        self._found: dict[tuple[str, int | None], Table] = {}
        self._finding = threading.Lock()

    def of(self, connection: Connection, projection: SoundProjection, cursor: Cursor) -> tuple[Table, ...]:
        """In the order in which the code that made them names them."""
        own = versions_of(projection).get(cursor.version)
        if own is not None and matches(cursor, self._fingerprints) is not False:
            return tuple(physical_tables(own, cursor.build).values())
        infos = {logical_name(table.name, projection.version, 1): table.info for table in projection.tables}
        return tuple(
            self._as_created(connection, cursor, name, infos.get(logical_name(name, cursor.version, cursor.build), {}))
            for name in table_names(cursor, projection)
        )

    def _as_created(self, connection: Connection, cursor: Cursor, name: str, info: Mapping[object, object]) -> Table:
        key = (name, cursor.begun_at_ns)
        table = self._found.get(key)
        if table is None:
            found = inspect(connection).get_columns(name, schema=self._schema)
            table = Table(name, MetaData(), *(Column(told["name"], told["type"]) for told in found), info=dict(info))
            with self._finding:
                if len(self._found) >= _REMEMBERED_MAX:
                    self._found.clear()
                self._found[key] = table
        return table


def complete(cursor: Cursor | None, key: Key) -> Cursor:
    """The cursor, if the rows of its build are those of one moment; raises `ProjectionError` where they are not."""
    which = f"build {key[2]} of version {key[1]} of the projection {key[0]}"
    if cursor is None:
        raise ProjectionError(f"there is no {which}")
    if cursor.is_loading:
        raise ProjectionError(f"{which} is still being loaded")
    return cursor


def table_lost(cursor: Cursor) -> TableLostError:
    """What is said of a build whose rows are gone: its cursor tells of more than an empty table has."""
    return TableLostError(f"its table is gone; `daybook rebuild {cursor.name} --again` fills a new one")


def table_names(cursor: Cursor, projection: SoundProjection) -> list[str]:
    """The names of a build's tables in the store; what the first layout did not write down follows from the code."""
    if cursor.tables is not None:
        return cursor.tables.split()
    logical = (logical_name(table.name, projection.version, 1) for table in projection.tables)
    return [physical_name(f"{name}_v{cursor.version}", cursor.build) for name in logical]
