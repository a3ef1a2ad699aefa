"""The tables that a build has in the store: those of the code, from the second build on under other names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from sqlalchemy import MetaData, Table
from sqlalchemy.sql.elements import conv

from daybook.projecting.cursor import FIRST_BUILD
from daybook.projecting.projection import SoundProjection

_REMEMBERED_MAX: Final = 256


def physical_tables(projection: SoundProjection, build: int) -> Mapping[Table, Table]:
    """Each of the projection's tables to the one that this build keeps its rows in."""
    return {table: physical_table(table, build) for table in projection.tables}


@lru_cache(maxsize=_REMEMBERED_MAX)
def physical_table(table: Table, build: int) -> Table:
    """The table as this build has it; every index is named after it, since their names are shared by a schema."""
    copy = table.to_metadata(MetaData(), name=physical_name(table.name, build))
    copy.info = table.info
    for index in copy.indexes:
        name = str(index.name or "ix")
        # `conv`: a name that is too long for the database is cut, and stays different from others.
        own = name.replace(table.name, copy.name, 1) if table.name in name else f"{copy.name}_{name}"
        index.name = conv(own)
    return copy


def physical_name(name: str, build: int) -> str:
    """`registrations_v2` for the first build, `registrations_v2_b3` for the third."""
    return name if build == FIRST_BUILD else f"{name}_b{build}"


def logical_name(name: str, version: int, build: int) -> str:
    """What two versions and builds of one table have in common: `registrations`."""
    return name.removesuffix(physical_name(f"_v{version}", build))
