"""The library's recorder over any store: appends under the one lock, so positions come in commit order."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NoReturn, cast
from uuid import UUID

import sqlalchemy as sa
from eventsourcing.persistence import ApplicationRecorder, IntegrityError, StoredEvent

from daybook.errors import DataRejectedError
from daybook.journal.mapper import RecordableEvent, RecordedEvent
from daybook.journal.rows import EventRow
from daybook.journal.store import Store
from daybook.journal.tables import events

_IDS_MAX: Final = 500
"""Streams that one query asks for."""
_COLUMNS: Final = (
    events.c.originator_id,
    events.c.originator_version,
    events.c.topic,
    events.c.state,
    events.c.position,
    events.c.delivery_id,
    events.c.recorded_at_ns,
    events.c.encoding,
)
_SELECT: Final = sa.select(*_COLUMNS)
# As the driver gives it: what SQLAlchemy would make of each value costs as much as reading it.
_SCAN: Final = sa.select(
    sa.type_coerce(events.c.originator_id, sa.types.NullType()),
    events.c.originator_version,
    events.c.topic,
    sa.type_coerce(events.c.state, sa.types.NullType()),
    events.c.position,
    events.c.recorded_at_ns,
    events.c.encoding,
)
_BY_INDEX: Final = sa.text(
    "SELECT set_config(name, 'off', true) FROM unnest(ARRAY['enable_seqscan', 'enable_bitmapscan', 'enable_sort']) name"
)


class JournalRecorder(ApplicationRecorder):
    """What repository, event store and notification log of the library ask for."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: object) -> Sequence[int]:
        """Append at the end of the journal; gives the positions. Raises `IntegrityError` for a taken version."""
        try:
            with self._store.transaction() as tx:
                end, recorded_at_ns, now_ns = tx.clock()
                first_ns = max(now_ns, recorded_at_ns + 1)
                rows = [
                    EventRow(
                        position=end + 1 + index,
                        originator_id=cast("UUID", stored.originator_id).bytes,
                        originator_version=stored.originator_version,
                        topic=stored.topic,
                        state=stored.state,
                        delivery_id=stored.delivery_id.bytes if isinstance(stored, RecordableEvent) else bytes(16),
                        recorded_at_ns=first_ns + index,
                    )
                    for index, stored in enumerate(stored_events)
                ]
                tx.append(rows)
        except DataRejectedError as error:
            raise IntegrityError(str(error)) from error
        return [row.position for row in rows]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[RecordedEvent]:
        """One stream, by version."""
        version = events.c.originator_version
        query = _SELECT.where(events.c.originator_id == originator_id)
        if gt is not None:
            query = query.where(version > gt)
        if lte is not None:
            query = query.where(version <= lte)
        return self._read(query.order_by(version.desc() if desc else version).limit(limit))

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[RecordedEvent]:
        """The journal by position."""
        query = _SELECT
        if start is not None:
            query = query.where(events.c.position >= start if inclusive_of_start else events.c.position > start)
        if stop is not None:
            query = query.where(events.c.position <= stop)
        if topics:
            query = query.where(events.c.topic.in_(topics))
        return self._read(query.order_by(events.c.position).limit(limit))

    def select_streams(self, stream_ids: Collection[UUID], upto: int | None = None) -> dict[UUID, list[RecordedEvent]]:
        """Several streams from one state of the journal, up to a position; each by version, absent ones empty."""
        streams: dict[UUID, list[RecordedEvent]] = defaultdict(list)
        wanted = list(stream_ids)
        with self._store.engine.begin() as connection:
            for start in range(0, len(wanted), _IDS_MAX):
                query = _SELECT.where(events.c.originator_id.in_(wanted[start : start + _IDS_MAX]))
                if upto is not None:
                    query = query.where(events.c.position <= upto)
                rows = connection.execute(query.order_by(events.c.originator_id, events.c.originator_version))
                for stored in _recorded(rows):
                    streams[cast("UUID", stored.originator_id)].append(stored)
        return {stream_id: streams[stream_id] for stream_id in wanted}

    def scan_streams(
        self, after: UUID | None, upto: int, unwanted: Collection[str], limit: int
    ) -> list[list[RecordedEvent]]:
        """Whole streams by id, up to a position, without these topics; about so many events, or one stream."""
        query = _SCAN.where(events.c.position <= upto)
        if after is not None:
            query = query.where(events.c.originator_id > after)
        if unwanted:
            query = query.where(events.c.topic.not_in(unwanted))
        query = query.order_by(events.c.originator_id, events.c.originator_version)
        with self._store.engine.begin() as connection:
            read_by_index(connection)
            streams = _streams(connection.execute(query.limit(limit + 1)).all())
            if sum(map(len, streams)) <= limit:
                return streams
            if len(streams) > 1:
                return streams[:-1]  # the last one may go on
            return _streams(connection.execute(query.where(events.c.originator_id == streams[0][0].originator_id)))

    def max_notification_id(self) -> int | None:
        """The last position, None where nothing is recorded."""
        with self._store.engine.begin() as connection:
            last: int | None = connection.scalar(sa.select(sa.func.max(events.c.position)))
        return last

    def digest(self, position: int) -> bytes | None:
        """What identifies the event at a position in this journal and in no other."""
        stored = self.select_notifications(position, 1, position)
        return _digest(stored[0]) if stored else None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> NoReturn:
        """Not offered: the follower reads in batches and commits its cursor with its rows."""
        raise NotImplementedError("follow the journal with daybook's follower instead of a subscription")

    def _read(self, query: sa.Select[Any]) -> list[RecordedEvent]:
        with self._store.engine.begin() as connection:
            return _recorded(connection.execute(query))


def read_by_index(connection: sa.Connection) -> None:
    """Until this transaction ends, read pages in the order of an index.

    Sorting all that follows, for each page anew, looks cheaper to PostgreSQL's planner than it is.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_BY_INDEX)


def _recorded(rows: Iterable[Any]) -> list[RecordedEvent]:
    return [
        RecordedEvent(originator_id, version, topic, state, position, delivery_id, recorded_at_ns, encoding)
        for originator_id, version, topic, state, position, delivery_id, recorded_at_ns, encoding in rows
    ]


def _streams(rows: Iterable[Any]) -> list[list[RecordedEvent]]:
    """Rows of `_SCAN` that are in order; an id is made once for all events of its stream."""
    streams = []
    for id_, own in groupby(rows, itemgetter(0)):
        stream_id = id_ if isinstance(id_, UUID) else UUID(bytes=id_)
        streams.append(
            [
                RecordedEvent(stream_id, version, topic, state, position, recorded_at_ns=at_ns, encoding=encoding)
                for _, version, topic, state, position, at_ns, encoding in own
            ]
        )
    return streams


def _digest(stored: RecordedEvent) -> bytes:
    topic = stored.topic.encode()
    head = cast("UUID", stored.originator_id).bytes + stored.originator_version.to_bytes(8, "big")
    return hashlib.sha256(head + len(topic).to_bytes(4, "big") + topic + stored.state).digest()
