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

    def has(self, *names: str) -> bool:
        """Whether it has all of these tables, by their logical names.

        During a deployment the live version may still be one that knew less than the code that asks. What worked before
        goes on then without them; what is new raises by `named`.
        """
        return all(self._find(name) is not None for name in names)

    def named(self, name: str, *columns: str) -> Table:
        """One of the tables by its logical name, e.g. `appointments_groups`.

        Raises `ProjectionError`, which names the remedy, where the live version has no such table, or it lacks one of
        these columns.
        """
        table = self._find(name)
        if table is None:
            raise self._lacks(f"table {name}")
        for column in columns:
            if column not in table.c:
                raise self._lacks(f"column {column}")
        return table

    def require(self, *columns: str) -> None:
        """Raises `ProjectionError` likewise where the main table lacks one of these columns."""
        for column in columns:
            if column not in self.table.c:
                raise self._lacks(f"column {column}")

    def _find(self, name: str) -> Table | None:
        version, build = self.cursor.version, self.cursor.build
        return next((table for table in self.tables if logical_name(table.name, version, build) == name), None)

    def _lacks(self, what: str) -> ProjectionError:
        return ProjectionError(
            f"the live version {self.cursor.version} of {self.cursor.name} has no {what};"
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
            for name in table_names(cursor)
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


def table_names(cursor: Cursor) -> list[str]:
    """The names of a build's tables in the store, the main one first.

    A replica can still be of a primary that no daybook of this layout has opened: then the main one is all we know of.
    """
    if cursor.tables is None:
        return [physical_name(f"{cursor.name}_v{cursor.version}", cursor.build)]
    return cursor.tables.split()
