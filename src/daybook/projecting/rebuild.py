"""Beginning a build of the version that the code declares, or finding the one that was begun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from daybook.errors import JournalExchangedError, ProjectionError
from daybook.journal import Journal
from daybook.projecting.build import Build, builds_of, matches
from daybook.projecting.cursor import (
    FIRST_BUILD,
    LEASE_NS,
    Cursor,
    Key,
    Live,
    OnReady,
    add_cursor,
    change_cursor,
    is_free,
    lock_live,
    read_cursor,
    read_cursors,
)
from daybook.projecting.physical import physical_tables
from daybook.projecting.projection import SoundProjection
from daybook.projecting.read_store import ReadStore
from daybook.projecting.reader import Reader
from daybook.projecting.switching import drop_build


def start_build(
    store: ReadStore,
    journal: Journal,
    projection: SoundProjection,
    *,
    again: bool = False,
    on_ready: OnReady = "switch",
    holder: str | None = None,
) -> Build:
    """The build that `Building` fills and, on ready, switches to; `holder` takes its lease at once.

    One that was begun by the same code from the same journal goes on; also one that had stopped, and, unless `again`,
    one that is held, or is complete while another version is live. Raises `ProjectionError` where the version is live
    already (then `again` builds its rows anew), where a newer one is live (then it can only be held), or where another
    process builds it with other code.
    """
    start = _Start(store, journal, projection, on_ready, holder)
    with store.creating() as connection:
        key = start.begin_in(connection, again=again)
        live = lock_live(connection, projection.name)
        cursor = read_cursor(connection, key)
        assert cursor is not None  # noqa: S101  for the type checker: it was just written
        lives = {live.name: live} if live else {}
        return builds_of([cursor], lives, store.fingerprints, store.now_ns(connection))[0]


@dataclass(frozen=True, slots=True)
class _Start:
    store: ReadStore
    journal: Journal
    projection: SoundProjection
    on_ready: OnReady
    holder: str | None

    def begin_in(self, connection: Connection, *, again: bool) -> Key:
        name, version = self.projection.name, self.projection.version
        now_ns = self.store.now_ns(connection)
        live = lock_live(connection, name)
        cursors = read_cursors(connection, name)
        if live is not None and version < live.version and self.on_ready == "switch":
            raise _live_is_newer(name, version, live)
        self._disown(connection, cursors)
        others = [cursor for cursor in cursors if cursor.version == version and not (live and cursor.key == live.key)]
        for cursor in reversed(others):
            if self._is_ours(cursor) and self._is_meant(cursor, live, again=again):
                return self._go_on(connection, cursor, now_ns)
        self._discard(connection, others, now_ns)
        if live is not None and live.version == version and not again and self._is_sound(connection, live):
            raise ProjectionError(
                f"version {version} of the projection {name} is live already;"
                f" `daybook rebuild {name} --again` builds its rows anew"
            )
        numbers = [
            key[2] for key in [*(cursor.key for cursor in cursors), *([live.key] if live else [])] if key[1] == version
        ]
        return self._begin(connection, (name, version, max(numbers, default=FIRST_BUILD - 1) + 1), now_ns)

    def _is_meant(self, cursor: Cursor, live: Live | None, *, again: bool) -> bool:
        """Whether who asks means this one: never an older filling of the live version."""
        if cursor.on_ready is not None:
            return cursor.state != "held" or not again
        return not again and not (live is not None and live.version == cursor.version)

    def _is_ours(self, cursor: Cursor) -> bool:
        """Whether its rows are there, of this journal, and made by this code."""
        if self.store.is_lost(cursor):
            return False
        if not cursor.is_begun and not cursor.is_loading:
            return True
        return matches(cursor, self.store.fingerprints) is not False and not self._is_exchanged(cursor)

    def _is_exchanged(self, cursor: Cursor) -> bool:
        if cursor.journal_id is None:
            return cursor.is_begun
        try:
            Reader(self.journal, 1).check(cursor, self.journal.head())
        except JournalExchangedError:
            return True
        return False

    def _is_sound(self, connection: Connection, live: Live) -> bool:
        cursor = read_cursor(connection, live.key)
        return cursor is not None and not self._is_exchanged(cursor) and not self.store.is_lost(cursor)

    def _disown(self, connection: Connection, cursors: Sequence[Cursor]) -> None:
        """Positions in a journal that is no more say nothing about this one: a switch must not compare them."""
        for cursor in cursors:
            if cursor.journal_id is not None and not cursor.is_loading and self._is_exchanged(cursor):
                change_cursor(connection, cursor.key, {"journal_id": None})

    def _go_on(self, connection: Connection, cursor: Cursor, now_ns: int) -> Key:
        values = {"state": "building", "on_ready": self.on_ready, "stopped_reason": None, "stopped_at": None}
        lease = self._lease(now_ns) if is_free(cursor, now_ns) else {}
        change_cursor(connection, cursor.key, {**values, **lease})
        return cursor.key

    def _discard(self, connection: Connection, others: Sequence[Cursor], now_ns: int) -> None:
        """What was begun by other code, or from another journal, and is not ready: it would never be right."""
        for cursor in others:
            if cursor.on_ready is None or self._is_ours(cursor):
                continue
            if not is_free(cursor, now_ns) and not self._is_exchanged(cursor):
                raise ProjectionError(
                    f"{cursor.holder} builds version {cursor.version} of the projection {cursor.name} with other code"
                    " at this moment; raise the version, or end that process first"
                )
            drop_build(self.store, connection, cursor)

    def _begin(self, connection: Connection, key: Key, now_ns: int) -> Key:
        tables = list(physical_tables(self.projection, key[2]).values())
        # Whatever has these names belongs to nobody.
        self.store.engine.drop(connection, [table.name for table in tables])
        self.store.engine.create(connection, tables, with_indexes=False)
        upto = self.journal.head()
        values = {
            "state": "building",
            "journal_id": self.journal.journal_id.hex,
            "digest": self.journal.digest_at(upto) if upto else None,
            "fingerprint": self.store.fingerprints.get(key[:2]),
            "upto": upto,
            "events_total": upto,
            "begun_at_ns": now_ns,
            "updated_at_ns": now_ns,
            "on_ready": self.on_ready,
            "tables": " ".join(table.name for table in tables),
        }
        add_cursor(connection, key, {**values, **self._lease(now_ns)})
        return key

    def _lease(self, now_ns: int) -> Mapping[str, Any]:
        return {} if self.holder is None else {"holder": self.holder, "expires_at_ns": now_ns + LEASE_NS}


def _live_is_newer(name: str, version: int, live: Live) -> ProjectionError:
    return ProjectionError(
        f"version {live.version} of the projection {name} is live, and the code here declares version {version}:"
        f" deploy the newer code, or go back with `daybook projections rollback {name}`;"
        f" `daybook rebuild {name} --hold` fills version {version} without a switch to it"
    )
