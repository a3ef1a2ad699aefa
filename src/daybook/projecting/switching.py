"""Which build readers get: switching to one, back to the one before, and dropping what nobody needs any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from sqlalchemy import Connection

from daybook.errors import BehindError, ProjectionError
from daybook.projecting.build import Build
from daybook.projecting.cursor import (
    LIVE,
    Cursor,
    Key,
    Live,
    change_cursor,
    delete_cursor,
    lock_live,
    read_cursor,
    read_cursors,
    set_live,
)
from daybook.projecting.projection import BrokenProjection
from daybook.projecting.read_store import ReadStore
from daybook.projecting.snapshot import complete, table_names

Choice: TypeAlias = Callable[[Iterable[Cursor], Live], Key]

_WAIT_S: Final = 5.0
"""Two builds that are followed by two processes stand at the same position many times a second."""
_PAUSE_S: Final = 0.02


def switch(
    store: ReadStore, name: str, version: int | None = None, build: int | None = None, *, wait_s: float = _WAIT_S
) -> Build:
    """Give readers this build from now on, or the newest complete one that they do not get.

    Raises `BehindError` where it has not got as far as the live one within the time, `ProjectionError` where there is
    no such build or it has stopped.
    """
    return _retried(store, name, lambda cursors, live: _chosen(cursors, live, version, build), wait_s)


def rollback(store: ReadStore, name: str, *, wait_s: float = _WAIT_S) -> Build:
    """Give readers the build again that they got before; raises as `switch`."""

    def previous(cursors: Iterable[Cursor], live: Live) -> Key:  # noqa: ARG001  as `_chosen`
        if live.previous is None:
            raise ProjectionError(f"the projection {name} has no earlier build to go back to")
        return live.previous

    return _retried(store, name, previous, wait_s)


def drop(store: ReadStore, name: str, version: int, build: int | None = None) -> list[Build]:
    """Delete a build, or all of this version, with its tables; raises `ProjectionError` for the live one.

    The live one goes only where nobody has code for the projection any more.
    """
    found = [one for one in store.builds(name) if one.version == version and build in {None, one.build}]
    if not found:
        raise ProjectionError(f"there is no such build of the projection {name}")
    if name in store.projections and any(one.is_live for one in found):
        raise ProjectionError(f"version {version} of the projection {name} is live; switch to another one first")
    with store.creating() as connection:
        live = lock_live(connection, name)
        for one in found:
            _drop(store, connection, one.key, live)
    return found


def drop_superseded(store: ReadStore, name: str) -> None:
    """After a switch: earlier fillings of the live version, but for the one that a rollback goes to."""
    with store.creating() as connection:
        live = lock_live(connection, name)
        if live is None:
            return
        for cursor in read_cursors(connection, name):
            if cursor.version == live.version and cursor.build < live.build and cursor.key != live.previous:
                _drop(store, connection, cursor.key, live)


def drop_build(store: ReadStore, connection: Connection, cursor: Cursor) -> None:
    """Its tables and its cursor; whoever leads it cannot write any more."""
    delete_cursor(connection, cursor.key)
    projection = store.projections.get(cursor.name)
    if projection is not None and not isinstance(projection, BrokenProjection):
        names = table_names(cursor, projection)
    else:
        names = (cursor.tables or "").split()
    store.engine.drop(connection, names)


def _drop(store: ReadStore, connection: Connection, key: Key, live: Live | None) -> None:
    cursor = read_cursor(connection, key, lock=True)
    if cursor is None:
        return
    if live is not None and live.key == key:
        if key[0] in store.projections:
            raise ProjectionError(f"version {key[1]} of the projection {key[0]} has become live")
        connection.execute(LIVE.delete().where(LIVE.c.name == key[0]))
    elif live is not None and live.previous == key:
        set_live(connection, live.key, None)
    drop_build(store, connection, cursor)


def _retried(store: ReadStore, name: str, choose: Choice, wait_s: float) -> Build:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            key = _switch(store, name, choose)
        except BehindError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_S)
        else:
            store.announce()
            return next(one for one in store.builds(name) if one.key == key)


def _switch(store: ReadStore, name: str, choose: Choice) -> Key:
    with store.change() as connection:
        live = lock_live(connection, name)
        if live is None:
            raise ProjectionError(f"no version of the projection {name} is live")
        key = choose(read_cursors(connection, name), live)
        if key == live.key:
            raise ProjectionError(f"version {key[1]} of the projection {name} is live already")
        before = read_cursor(connection, live.key, lock=True)
        after = complete(read_cursor(connection, key, lock=True), key)
        _check(before, after)
        change_cursor(connection, key, {"state": "following", "on_ready": None})
        set_live(connection, key, live.key)
    return key


def _chosen(cursors: Iterable[Cursor], live: Live, version: int | None, build: int | None) -> Key:
    wanted = [
        cursor.key
        for cursor in cursors
        if cursor.key != live.key
        and (version is None or cursor.version == version)
        and (build == cursor.build or (build is None and not cursor.is_loading))
    ]
    if not wanted:
        raise ProjectionError(f"the projection {live.name} has no such build that is complete and not live")
    return wanted[-1]


def _check(before: Cursor | None, after: Cursor) -> None:
    """Readers never step back: neither in position nor to another journal."""
    which = f"version {after.version} (build {after.build}) of the projection {after.name}"
    if after.state == "stopped":
        raise ProjectionError(f"{which} is stopped: {after.stopped_reason}")
    if before is None or before.journal_id is None:
        return
    if after.journal_id != before.journal_id:
        raise ProjectionError(f"{which} belongs to another journal; run `daybook rebuild {after.name}`")
    if after.position < before.position:
        raise BehindError(
            f"{which} is at position {after.position}, the live one at {before.position}: it needs a follower that has"
            f" its code and brings it up first"
        )
