"""What a store lacks when a process begins: the bookkeeping, and the tables of every projection that is new here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from daybook.projecting.build import matches
from daybook.projecting.cursor import (
    FIRST_BUILD,
    METADATA,
    Cursor,
    Identity,
    add_cursor,
    change_cursor,
    identity_of,
    read_cursors,
    read_lives,
    set_live,
)
from daybook.projecting.engine import ReadEngine
from daybook.projecting.failure import Policy, policy_of
from daybook.projecting.inventory import found_tables
from daybook.projecting.physical import physical_tables
from daybook.projecting.projection import BrokenProjection, Projection, SoundProjection, versions_of
from daybook.projecting.reason import reason_of
from daybook.projecting.snapshot import table_lost, table_names

Fingerprints: TypeAlias = Mapping[tuple[str, int], bytes | None]
log = structlog.get_logger(__name__)


def create_absent(
    engine: ReadEngine, connection: Connection, projections: Mapping[str, Projection], fingerprints: Fingerprints
) -> set[Identity]:
    """A name that is new here is live at once, and empty; other versions come by a rebuild.

    Gives back the builds whose tables are gone: they are stopped, since empty tables would be served as if they held
    everything up to the cursor. A name that cannot be created is left alone, and keeps no other one from its tables.
    """
    engine.create(connection, METADATA.sorted_tables)
    lives = read_lives(connection)
    cursors: dict[str, list[Cursor]] = {}
    for cursor in read_cursors(connection):
        cursors.setdefault(cursor.name, []).append(cursor)
    creation = _Creation(engine, connection, fingerprints, engine.tables(connection))
    lost: set[Identity] = set()
    for name in sorted({*cursors, *projections}):
        projection = projections.get(name)
        code = None if isinstance(projection, BrokenProjection) else projection
        try:
            with connection.begin_nested():
                own = creation.with_tables(code, cursors.get(name, []), {*cursors, *projections})
                gone = creation.find_lost(code, own)
                if code is not None and name not in lives:
                    creation.make_live(code, [cursor for cursor in own if identity_of(cursor) not in gone], own)
        except SQLAlchemyError as error:
            if policy_of(error) is Policy.RETRY:
                raise
            reason = reason_of(error)
            log.error("projection cannot be created", projection=name, reason=reason)  # noqa: TRY400  a trace may quote
        else:
            lost |= gone
    return lost


@dataclass(frozen=True, slots=True)
class _Creation:
    engine: ReadEngine
    connection: Connection
    fingerprints: Fingerprints
    there: Collection[str]
    """Names of tables."""

    def with_tables(
        self, projection: SoundProjection | None, cursors: Iterable[Cursor], names: Collection[str]
    ) -> list[Cursor]:
        """The cursors, with the tables of each written down where the first layout did not."""
        known: list[Cursor] = []
        for cursor in cursors:
            if cursor.tables is not None:
                known.append(cursor)
                continue
            made_by = self._made_by(projection, cursor)
            tables = found_tables(cursor, made_by=made_by, current=projection, there=self.there, names=names)
            change_cursor(self.connection, cursor.key, {"tables": tables})
            known.append(replace(cursor, tables=tables))
        return known

    def find_lost(self, projection: SoundProjection | None, cursors: Iterable[Cursor]) -> set[Identity]:
        """The builds whose tables are gone, marked as stopped; tables that had no rows yet are created again."""
        lost: set[Identity] = set()
        for cursor in cursors:
            if all(name in self.there for name in table_names(cursor)):
                continue
            code = self._made_by(projection, cursor)
            if cursor.position == 0 and not cursor.is_loading:
                if code is not None:
                    self.engine.create(self.connection, physical_tables(code, cursor.build).values())
                continue
            lost.add(identity_of(cursor))
            reason = str(table_lost(cursor))
            if cursor.stopped_reason != reason:
                values = {"state": "stopped", "stopped_reason": reason, "stopped_at": None, "expires_at_ns": 0}
                change_cursor(self.connection, cursor.key, values)
        return lost

    def make_live(self, projection: SoundProjection, sound: Sequence[Cursor], cursors: Sequence[Cursor]) -> None:
        """The newest build that this code can go on with; where there is none, one that begins now."""
        for cursor in reversed(sound):
            is_ours = cursor.version in versions_of(projection) and matches(cursor, self.fingerprints) is not False
            if is_ours and not cursor.is_loading:
                state = "stopped" if cursor.state == "stopped" else "following"
                change_cursor(self.connection, cursor.key, {"state": state, "on_ready": None})
                set_live(self.connection, cursor.key, None)
                return
        numbers = [cursor.build for cursor in cursors if cursor.version == projection.version]
        self._begin(projection, max(numbers, default=FIRST_BUILD - 1) + 1)

    def _begin(self, projection: SoundProjection, build: int) -> None:
        key = (projection.name, projection.version, build)
        tables = physical_tables(projection, build).values()
        # Whatever has these names belongs to nobody.
        self.engine.drop(self.connection, [table.name for table in tables])
        self.engine.create(self.connection, tables)
        now_ns = self.engine.now_ns(self.connection)
        values = {
            "state": "following",
            "updated_at_ns": now_ns,
            "begun_at_ns": now_ns,
            "tables": " ".join(table.name for table in tables),
        }
        add_cursor(self.connection, key, values)
        set_live(self.connection, key, None)

    def _made_by(self, projection: SoundProjection | None, cursor: Cursor) -> SoundProjection | None:
        """The code that made this build, if it is here: other code of that version knows other tables."""
        code = versions_of(projection).get(cursor.version) if projection else None
        return None if matches(cursor, self.fingerprints) is False else code
