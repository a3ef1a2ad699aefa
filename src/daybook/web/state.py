"""What reads of aggregates share: one item, a page of a list, the history of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeAlias, TypeVar

from litestar import Response

from daybook.domain.identity import Kind, named_id
from daybook.errors import InvalidIdError
from daybook.projecting.queries import Time, find, page
from daybook.projecting.snapshot import Snapshot
from daybook.reading import histories
from daybook.web.cursors import Rows, read_cursor, write_cursor
from daybook.web.problems import problem
from daybook.web.reading import Reading
from daybook.web.shapes import History, Page
from daybook.web.shaping import S, history_entry

P = TypeVar("P", bound=Page)

_WORDS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.REGISTRATION: "a registration",
        Kind.APPOINTMENT: "an appointment",
        Kind.APPOINTMENT_GROUP: "a visit",
        Kind.CLASS_SESSION: "a class session",
    }
)

Complete: TypeAlias = Callable[[Snapshot, Sequence[dict[str, Any]]], Sequence[Mapping[str, Any]]]
"""Joins to rows what else of the same moment is told with them: to few rows, after the limit of a page."""


def one(
    reading: Reading,
    kind: Kind,
    projection: str,
    subject_id: str,
    *,
    item: Callable[[Mapping[str, Any]], S],
    complete: Complete,
) -> Response[S]:
    """The state of one aggregate, or a problem where nothing has told of it."""
    subject_id = id_in_path(kind, subject_id)
    with reading.read_store.snapshot(projection) as snapshot:
        row = find(snapshot, reading.source, subject_id)
        position = snapshot.cursor.position
        if row is None:
            raise unknown(kind, position)
        (completed,) = complete(snapshot, [row])
    return reading.answer(item(completed), position)


def some(
    reading: Reading,
    projection: str,
    answer: type[P],
    item: Callable[[Mapping[str, Any]], S],
    *,
    where: Mapping[str, str | None],
    from_ns: int | None,
    to_ns: int | None,
    limit: int,
    cursor: str | None,
    time: Time = "occurred",
    key_type: type[str | int] = str,
    complete: Complete | None = None,
) -> Response[P]:
    """One page of rows, newest first, with the cursor of the next one."""
    wanted = {name: value for name, value in where.items() if value is not None}
    with reading.read_store.snapshot(projection) as snapshot:
        snapshot.require(*wanted)
        rows = Rows(snapshot.cursor.version, snapshot.cursor.build)
        query = {
            **wanted, "": projection, "source": reading.source, "time": time, "from": from_ns, "to": to_ns,
        }  # fmt: skip
        found = page(
            snapshot,
            reading.source,
            where=wanted,
            time=time,
            from_ns=from_ns,
            to_ns=to_ns,
            before=read_cursor(cursor, query, key_type, rows),
            limit=limit,
        )
        completed = complete(snapshot, found.rows) if complete else found.rows
        position = snapshot.cursor.position
    following = None if found.before is None else write_cursor(query, *found.before, rows)
    return reading.answer(answer(items=[item(row) for row in completed], cursor=following), position)


def history_of(reading: Reading, kind: Kind, subject_id: str) -> Response[History]:
    """The events of one aggregate in order of occurrence, straight from the journal; see `reading.histories`."""
    subject_id = id_in_path(kind, subject_id)
    position = reading.journal.head()
    entries = histories.history_of(reading.journal, reading.source, kind, subject_id)
    if not entries:
        raise unknown(kind, position)
    items = [history_entry(entry.told, entry.twin_of) for entry in entries]
    return reading.answer(History(items=items), position)


def id_in_path(kind: Kind, subject_id: str) -> str:
    """The id in the spelling ids are compared in; what cannot be an id, or names nothing, is not found."""
    try:
        return named_id(subject_id)
    except InvalidIdError as error:
        raise problem("not-found", f"{_WORDS[kind]} of this id cannot be: {error}") from None


def unknown(kind: Kind, position: int) -> Exception:
    """The problem of an id that nobody told."""
    return problem(
        "not-found",
        f"nothing has told this source of {_WORDS[kind]} of this id",
        headers={"Daybook-Position": str(position)},
    )
