"""Whether the journal is one row of events without a gap, each readable, in its own stream, and from a delivery."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from daybook.domain.identity import stream_id
from daybook.errors import EventNewerError
from daybook.journal import Journal
from daybook.journal.mapper import RecordedEvent
from daybook.journal.tables import deliveries, events, outcomes
from daybook.projecting.reason import reason_of
from daybook.verifying.damage import RESTORE, Code, Damage, Progress, Told, restore_row
from daybook.verifying.pages import EVENTS_MAX, chunks, events_after, place

_UPDATE = f"update daybook to the version that wrote it; where none is so new, this event was altered: {RESTORE}"


class _Covered(NamedTuple):
    """The positions that one outcome counts as its delivery's, and the translation that it names."""

    first: int
    last: int
    translation: int


def verify_events(journal: Journal, upto: int) -> Iterator[Told]:
    """Every event up to a position, in the journal's order."""
    yield from _end(journal)
    position, recorded_at_ns = 0, -1
    while page := events_after(journal, position, upto, EVENTS_MAX):
        covered = _covered(journal, {stored.delivery_id for stored in page})
        for stored in page:
            if stored.id != position + 1:
                yield _gap(position + 1, stored.id - 1)
            if stored.recorded_at_ns <= recorded_at_ns:
                words = "it was recorded no later than the event before it, so times or positions were changed"
                yield Damage(Code.EVENT_OUT_OF_ORDER, place(stored), words, RESTORE)
            position, recorded_at_ns = stored.id, stored.recorded_at_ns
            yield from _event(journal, stored, covered)
        yield Progress("events", position, upto)
    if position < upto:
        yield _gap(position + 1, upto)


def _gap(first: int, last: int) -> Damage:
    where = f"position {first}" if first == last else f"positions {first} to {last}"
    return Damage(Code.EVENT_MISSING, where, "no event is there, and positions have no gaps", RESTORE)


def _end(journal: Journal) -> Iterator[Damage]:
    """SQLite counts the positions that it ever gave away; PostgreSQL's end is told by outcomes and cursors alone."""
    with journal.inbox.moment() as connection:
        if connection.dialect.name != "sqlite":
            return
        last = connection.scalar(sa.select(sa.func.max(events.c.position))) or 0
        given = connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = 'events'").scalar() or 0
    if given > last:
        words = f"the journal once ended at position {given}, and nothing is there now"
        yield Damage(Code.JOURNAL_END_LOST, f"position {last}", words, RESTORE)


def _event(journal: Journal, stored: RecordedEvent, covered: dict[UUID, list[_Covered]]) -> Iterator[Damage]:
    by = _outcome_of(stored, covered)
    if stored.delivery_id not in covered:
        yield Damage(
            Code.EVENT_WITHOUT_DELIVERY, place(stored), "its delivery is not in the inbox", restore_row("deliveries")
        )
    elif by is None:
        words = f"no outcome of its delivery {stored.delivery_id} counts it"
        yield Damage(Code.EVENT_WITHOUT_OUTCOME, place(stored), words, restore_row("outcomes"))
    try:
        event = journal.mapper.to_domain_event(stored)
    except EventNewerError as error:
        yield Damage(Code.EVENT_NEWER, place(stored), str(error), _UPDATE)
        return
    except Exception as error:  # noqa: BLE001  whatever a stored event does to its decoder
        yield Damage(Code.EVENT_UNREADABLE, place(stored), reason_of(error), RESTORE)
        return
    told: Any = event
    if stream_id(told.source, told.KIND, told.subject_id) != stored.originator_id:
        yield Damage(Code.EVENT_ALTERED, place(stored), "it tells of another subject than its stream's", RESTORE)
    if told.delivery_id != stored.delivery_id:
        yield Damage(Code.EVENT_ALTERED, place(stored), "it names another delivery than its row does", RESTORE)
    if by is not None and told.translation != by.translation:
        words = "it names another version of the translation than its outcome does"
        yield Damage(Code.EVENT_ALTERED, place(stored), words, RESTORE)


def _outcome_of(stored: RecordedEvent, covered: dict[UUID, list[_Covered]]) -> _Covered | None:
    return next((one for one in covered.get(stored.delivery_id, ()) if one.first <= stored.id <= one.last), None)


def _covered(journal: Journal, delivery_ids: set[UUID]) -> dict[UUID, list[_Covered]]:
    """What the outcomes of these deliveries count; a delivery that is not in the inbox is not among them."""
    found: dict[UUID, list[_Covered]] = {}
    with journal.inbox.moment() as connection:
        for chunk in chunks(list(delivery_ids)):
            found.update(_known(connection, chunk))
            query = sa.select(
                outcomes.c.delivery_id, outcomes.c.first_position, outcomes.c.last_position, outcomes.c.translation
            ).where(outcomes.c.delivery_id.in_(chunk), outcomes.c.events > 0)
            for delivery_id, first, last, translation in connection.execute(query).all():
                if delivery_id in found and first is not None and last is not None:
                    found[delivery_id].append(_Covered(first, last, translation))
    return found


def _known(connection: sa.Connection, delivery_ids: Sequence[UUID]) -> dict[UUID, list[_Covered]]:
    query = sa.select(deliveries.c.delivery_id).where(deliveries.c.delivery_id.in_(delivery_ids))
    return {delivery_id: [] for delivery_id in connection.scalars(query)}
