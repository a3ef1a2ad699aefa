"""Which tables a build has, where a store of the first layout did not write it down: found in the store itself."""

from __future__ import annotations

from collections.abc import Collection

from daybook.projecting.cursor import Cursor
from daybook.projecting.physical import logical_name, physical_name, physical_tables
from daybook.projecting.projection import SoundProjection


def found_tables(
    cursor: Cursor,
    *,
    made_by: SoundProjection | None,
    current: SoundProjection | None,
    there: Collection[str],
    names: Collection[str],
) -> str:
    """What the cursor says from now on: the names of its tables, the main one first, separated by blanks.

    `made_by` is the code that made them, if it is here, and `current` the projection's code now, of whatever version.
    `there` are the tables of the store. `names` are all projections: one's name can begin with another's.
    """
    if made_by is not None:
        return " ".join(table.name for table in physical_tables(made_by, cursor.build).values())
    own = [logical for name in there if (logical := _logical(name, cursor)) and _owner(logical, names) == cursor.name]
    order = [logical_name(table.name, current.version, 1) for table in current.tables] if current else []
    order = [cursor.name, *(name for name in order if name != cursor.name)] if cursor.name in own else order
    own.sort(key=lambda name: (order.index(name) if name in order else len(order), name))
    # Where nothing is left the main table is named, so that it is missed.
    return " ".join(_physical(name, cursor) for name in own or [cursor.name])


def _logical(name: str, cursor: Cursor) -> str | None:
    logical = logical_name(name, cursor.version, cursor.build)
    return None if logical == name else logical


def _physical(logical: str, cursor: Cursor) -> str:
    return physical_name(f"{logical}_v{cursor.version}", cursor.build)


def _owner(logical: str, names: Collection[str]) -> str | None:
    """The projection with the longest name that the table's begins with."""
    owners = [name for name in names if logical == name or logical.startswith(f"{name}_")]
    return max(owners, key=len, default=None)
