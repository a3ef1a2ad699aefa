"""What a store lacks when a process begins: the bookkeeping, and the tables of every projection that is new here."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from daybook.projecting.build import matches
from daybook.projecting.cursor import FIRST_BUILD, LIVE, METADATA, add_cursor, read_live, read_lives
from daybook.projecting.engine import ReadEngine
from daybook.projecting.physical import physical_tables
from daybook.projecting.projection import BrokenProjection, Projection, SoundProjection, versions_of


def create_absent(
    engine: ReadEngine,
    connection: Connection,
    projections: Mapping[str, Projection],
    fingerprints: Mapping[tuple[str, int], bytes | None],
) -> None:
    """A name that is new here is live at once, and empty; other versions come by a rebuild."""
    engine.create(connection, METADATA.sorted_tables)
    lives = read_lives(connection)
    for name, projection in projections.items():
        if isinstance(projection, BrokenProjection):
            continue
        if name not in lives:
            _begin(engine, connection, projection)
        elif (own := versions_of(projection).get(lives[name].version)) is not None:
            cursor = read_live(connection, name)
            # Code that did not make the tables knows other ones.
            if cursor is not None and matches(cursor, fingerprints) is not False:
                engine.create(connection, physical_tables(own, cursor.build).values())


def _begin(engine: ReadEngine, connection: Connection, projection: SoundProjection) -> None:
    key = (projection.name, projection.version, FIRST_BUILD)
    tables = physical_tables(projection, FIRST_BUILD).values()
    engine.create(connection, tables)
    now_ns = engine.now_ns(connection)
    values = {
        "state": "following",
        "updated_at_ns": now_ns,
        "begun_at_ns": now_ns,
        "tables": " ".join(table.name for table in tables),
    }
    add_cursor(connection, key, values)
    connection.execute(LIVE.insert().values(name=projection.name, version=projection.version, build=FIRST_BUILD))
