"""Which build readers get: switching to one, back to the one before, and dropping what nobody needs any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from sqlalchemy import Connection

from daybook.errors import BehindError, ProjectionError
from daybook.journal import Journal
from daybook.projecting.build import Build
from daybook.projecting.cursor import (
    LIVE,
    Cursor,
    Key,
    Live,
    change_cursor,
    delete_cursor,
    is_free,
    lock_live,
    read_cursor,
    read_cursors,
    set_live,
)
from daybook.projecting.read_store import ReadStore
from daybook.projecting.reader import Reader
from daybook.projecting.snapshot import complete, table_names

Choice: TypeAlias = Callable[[Iterable[Cursor], Live], Key]

_WAIT_S: Final = 5.0
"""Two builds that are followed by two processes stand at the same position many times a second."""
_PAUSE_S: Final = 0.02


def switch(
    store: ReadStore,
    name: str,
    version: int | None = None,
    build: int | None = None,
    *,
    wait_s: float = _WAIT_S,
    journal: Journal | None = None,
) -> Build:
    """Give readers this build from now on, or the newest complete one that is newer than theirs.

    Raises `BehindError` where it has not got as far as the live one within the time, `ProjectionError` where there is
    no such build, or it has stopped, or is not of this journal (where that is given). What is being built meanwhile
    is held when it is ready: its switch was asked for before.
    """
    return _retried(store, name, lambda cursors, live: _chosen(cursors, live, version, build), wait_s, journal)


def rollback(store: ReadStore, name: str, *, wait_s: float = _WAIT_S, journal: Journal | None = None) -> Build:
    """Give readers the build again that they got before a newer one; raises as `switch`."""

    def previous(cursors: Iterable[Cursor], live: Live) -> Key:  # noqa: ARG001  as `_chosen`
        if live.previous is None:
            raise ProjectionError(f"the projection {name} has no earlier build to go back to")
        if live.previous > live.key:
            # Otherwise who asks twice, not sure of the first time, gets what he went back from.
            _, version, build = live.previous
            raise ProjectionError(
                f"version {live.version} (build {live.build}) of the projection {name} is what was gone back to;"
                f" `daybook projections switch {name}` goes to version {version} (build {build}) again"
            )
        return live.previous

    return _retried(store, name, previous, wait_s, journal)


def drop(store: ReadStore, name: str, version: int, build: int | None = None) -> list[Build]:
    """Delete a build, or all of this version, with its tables; raises `ProjectionError` for the live one.

    The live one goes only where nobody has code for the projection any more, and as the last version.
    """
    found = [one for one in store.builds(name) if one.version == version and build in {None, one.build}]
    if not found:
        raise ProjectionError(f"there is no such build of the projection {name}")
    if name in store.projections and any(one.is_live for one in found):
        raise ProjectionError(f"version {version} of the projection {name} is live; switch to another one first")
    with store.creating() as connection:
        live = lock_live(connection, name)
        for one in sorted(found, key=lambda one: one.is_live):
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
    store.engine.drop(connection, table_names(cursor))


def _drop(store: ReadStore, connection: Connection, key: Key, live: Live | None) -> None:
    cursor = read_cursor(connection, key, lock=True)
    if cursor is None:
        return
    if live is not None and live.key == key:
        _check_unused(store, connection, cursor)
        connection.execute(LIVE.delete().where(LIVE.c.name == key[0]))
    elif live is not None and live.previous == key:
        set_live(connection, live.key, None)
    drop_build(store, connection, cursor)


def _check_unused(store: ReadStore, connection: Connection, live: Cursor) -> None:
    """Of a live build: nobody here has code for it, nobody elsewhere keeps it, and nothing else is left of it."""
    if live.name in store.projections:
        raise ProjectionError(f"version {live.version} of the projection {live.name} has become live")
    if not is_free(live, store.now_ns(connection)):
        raise ProjectionError(
            f"version {live.version} of the projection {live.name} is live, and {live.holder} keeps it at this moment:"
            " it has code for it"
        )
    others = sorted({one.version for one in read_cursors(connection, live.name) if one.key != live.key})
    if others:
        raise ProjectionError(
            f"version {live.version} of the projection {live.name} is live; drop its other versions first:"
            f" {', '.join(map(str, others))}"
        )


def _retried(store: ReadStore, name: str, choose: Choice, wait_s: float, journal: Journal | None) -> Build:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            key = _switch(store, name, choose, journal)
        except BehindError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_S)
        else:
            store.announce()
            return next(one for one in store.builds(name) if one.key == key)


def _switch(store: ReadStore, name: str, choose: Choice, journal: Journal | None) -> Key:
    with store.change() as connection:
        live = lock_live(connection, name)
        if live is None:
            raise ProjectionError(f"no version of the projection {name} is live")
        cursors = read_cursors(connection, name)
        key = choose(cursors, live)
        if key == live.key:
            raise ProjectionError(f"version {key[1]} of the projection {name} is live already")
        before = read_cursor(connection, live.key, lock=True)
        after = complete(read_cursor(connection, key, lock=True), key)
        _check(before, after)
        if journal is not None and after.is_begun:
            Reader(journal, 1).check(after, journal.head())
        change_cursor(connection, key, {"state": "following", "on_ready": None})
        set_live(connection, key, live.key)
        for cursor in cursors:
            if cursor.on_ready == "switch" and cursor.key != key:
                change_cursor(connection, cursor.key, {"on_ready": "hold"})
    return key


def _chosen(cursors: Iterable[Cursor], live: Live, version: int | None, build: int | None) -> Key:
    found = [
        cursor
        for cursor in cursors
        if cursor.key != live.key
        and (version is None or cursor.version == version)
        and (build == cursor.build or (build is None and not cursor.is_loading))
    ]
    if not found:
        raise ProjectionError(f"the projection {live.name} has no such build that is complete and not live")
    if version is not None or build is not None:
        return found[-1].key
    # Without a number only forward: who asks twice must not be taken back.
    newer = [cursor for cursor in found if cursor.key > live.key]
    ready = [cursor for cursor in newer if cursor.state == "held"] or newer
    if not ready:
        raise ProjectionError(
            f"version {live.version} of the projection {live.name} is live, and nothing newer is ready;"
            " name another one with --version"
        )
    return ready[-1].key


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
