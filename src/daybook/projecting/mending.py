"""Writing the rows of one aggregate anew, in place, while the follower goes on."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from daybook.domain.aggregates import AGGREGATES
from daybook.domain.events import Event
from daybook.domain.identity import normalize_id, stream_id
from daybook.errors import ProjectionError
from daybook.journal import Journal
from daybook.projecting.build import matches
from daybook.projecting.change import Change, rows_of_events, rows_of_streams
from daybook.projecting.cursor import Cursor, lock_live, read_cursor
from daybook.projecting.lease import code_changed
from daybook.projecting.physical import physical_tables
from daybook.projecting.projection import LogProjection, SoundProjection, versions_of
from daybook.projecting.read_store import ReadStore
from daybook.projecting.reader import Reader
from daybook.projecting.snapshot import complete, table_lost


def rebuild_one(store: ReadStore, journal: Journal, projection: SoundProjection, source: str, subject_id: str) -> int:
    """How many rows the live build has of this aggregate now: those of a fresh fold up to the build's position.

    Raises `ProjectionError` where this process has no code for the live build, or other code than the one that made
    it, or its table is gone; `JournalExchangedError` where it is of another journal.
    """
    with store.change() as connection:
        live = lock_live(connection, projection.name)
        # Locked, it cannot be moved: a follower that is about to write these rows writes them after us.
        cursor = read_cursor(connection, live.key, lock=True) if live else None
        if cursor is None:
            raise ProjectionError(f"no version of the projection {projection.name} is live")
        if store.is_lost(cursor):
            raise table_lost(cursor)
        own = _code_for(store, projection, complete(cursor, cursor.key))
        if cursor.is_begun:
            Reader(journal, 1).check(cursor, journal.head())
        streams = _streams(journal, own, source, normalize_id(subject_id), cursor.position)
        changes = _changes(own, streams)
        tables = physical_tables(own, cursor.build)
        for change in changes:
            store.replace_rows(connection, replace(change, table=tables[change.table]))
    store.announce()
    return sum(len(change.rows) for change in changes)


def _code_for(store: ReadStore, projection: SoundProjection, cursor: Cursor) -> SoundProjection:
    own = versions_of(projection).get(cursor.version)
    if own is None:
        raise ProjectionError(f"version {cursor.version} of {projection.name} is live, and its code is not here")
    if matches(cursor, store.fingerprints) is False:
        raise code_changed(cursor)
    return own


def _streams(
    journal: Journal, projection: SoundProjection, source: str, subject_id: str, upto: int
) -> Mapping[UUID, Sequence[Event]]:
    kinds = AGGREGATES.keys() if isinstance(projection, LogProjection) else projection.rows.keys()
    return journal.streams([stream_id(source, kind, subject_id) for kind in kinds], upto)


def _changes(projection: SoundProjection, streams: Mapping[UUID, Sequence[Event]]) -> list[Change]:
    """A stream without events has no rows, whatever the table says."""
    if isinstance(projection, LogProjection):
        events = list(itertools.chain.from_iterable(streams.values()))
        rows = rows_of_events(projection, events)
        return [Change(table, projection.KEY, [event.position for event in events], rows[table]) for table in rows]
    rows = rows_of_streams(projection, filter(None, streams.values()))
    return [Change(table, projection.KEY, [one.hex for one in streams], rows[table]) for table in rows]
