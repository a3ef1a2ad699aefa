"""What reads of registrations and of appointments share: one item, a page of a list, the history of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from litestar import Response

from daybook.domain import fold
from daybook.domain.identity import Kind, normalize_id, stream_id
from daybook.domain.instants import format_instant, parse_instant
from daybook.errors import InvalidIdError, InvalidInstantError
from daybook.projecting.queries import Time, find, page
from daybook.web.cursors import read_cursor, write_cursor
from daybook.web.problems import problem
from daybook.web.reading import Reading
from daybook.web.shapes import Change, History, HistoryEntry, Page, S, instant, shape

P = TypeVar("P", bound=Page)

_SECOND_NS: Final = 1_000_000_000


def one(reading: Reading, kind: Kind, projection: str, subject_id: str, answer: type[S]) -> Response[S]:
    """The state of one aggregate, or a problem where nothing has told of it."""
    subject_id = id_in_path(kind, subject_id)
    with reading.daybook.read_store.snapshot(projection) as snapshot:
        row = find(snapshot, reading.source, subject_id)
        position = snapshot.cursor.position
    if row is None:
        raise _unknown(kind, position)
    return reading.answer(shape(answer, row), position)


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
) -> Response[P]:
    """One page of rows, newest first, with the cursor of the next one."""
    wanted = {name: value for name, value in where.items() if value is not None}
    with reading.daybook.read_store.snapshot(projection) as snapshot:
        query = {
            **wanted, "": projection, "version": str(snapshot.cursor.version), "source": reading.source, "time": time,
            "from": from_ns, "to": to_ns,
        }  # fmt: skip
        found = page(
            snapshot,
            reading.source,
            where=wanted,
            time=time,
            from_ns=from_ns,
            to_ns=to_ns,
            before=read_cursor(cursor, query, key_type),
            limit=limit,
        )
        position = snapshot.cursor.position
    following = None if found.before is None else write_cursor(query, *found.before)
    return reading.answer(answer(items=[item(row) for row in found.rows], cursor=following), position)


def history_of(reading: Reading, kind: Kind, subject_id: str) -> Response[History]:
    """The events of one aggregate in order of occurrence, straight from the journal."""
    subject_id = id_in_path(kind, subject_id)
    events = reading.daybook.journal.stream(stream_id(reading.source, kind, subject_id))
    if not events:
        raise _unknown(kind, reading.daybook.journal.head())
    return reading.answer(History(items=[_entry(entry) for entry in fold.history(events)]))


def id_in_path(kind: Kind, subject_id: str) -> str:
    """The id in the spelling ids are compared in; what cannot be an id is not found."""
    try:
        return normalize_id(subject_id)
    except InvalidIdError as error:
        raise problem("not-found", f"there is no {kind.value} of this id: {error}") from None


def delay_s(occurred_at_ns: int, recorded_at_ns: int) -> float:
    """From occurrence to recording, in seconds."""
    return (recorded_at_ns - occurred_at_ns) / _SECOND_NS


def _unknown(kind: Kind, position: int) -> Exception:
    return problem(
        "not-found",
        f"nothing has told this source of a {kind.value} of this id",
        headers={"Daybook-Position": str(position)},
    )


def _entry(entry: fold.HistoryEntry) -> HistoryEntry:
    event = entry.event
    return HistoryEntry(
        position=event.position,
        version=event.originator_version,
        type=event.type_name(),
        zenoti_type=event.zenoti_type,
        event_id=event.event_id,
        occurred_at=format_instant(event.occurred_at_ns),
        recorded_at=format_instant(event.recorded_at_ns),
        time_basis=event.time_basis,
        role=event.role,
        late=entry.late,
        delay_s=delay_s(event.occurred_at_ns, event.recorded_at_ns),
        changes=dict(_change(name, *values) for name, values in entry.changes.items()),
        delivery_id=str(event.delivery_id),
        origin=event.origin,
        signature=event.signature,
    )


def _change(name: str, before: Any, after: Any) -> tuple[str, Change]:  # noqa: ANN401  any field of any state
    """A change under the name and in the spelling that the state has in the API."""
    if name.endswith("_at_ns"):
        return name.removesuffix("_ns"), Change(instant(before), instant(after))
    if name.endswith("_time_utc"):
        return name.removesuffix("_utc"), Change(_utc(before), _utc(after))
    return name, Change(before, after)


def _utc(told: str | None) -> str | None:
    """Told without a zone but in UTC; None where it cannot be read."""
    try:
        return None if told is None else format_instant(parse_instant(told))
    except InvalidInstantError:
        return None
