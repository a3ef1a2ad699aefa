"""What is joined where it is read depends on no arrival, and says what the pure functions of the domain say."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from daybook.domain.appointment import Appointment
from daybook.domain.appointment_group import Listed
from daybook.domain.fold import fold
from daybook.domain.identity import Kind, stream_id
from daybook.domain.visit import is_removed, rebooked_as
from daybook.reading import rosters, visits
from tests.bodies import GROUP, entry, group, progress
from tests.projecting.book import BOOKKEEPING, SOURCE, Book
from tests.projecting.days import LAWS, Opened, days

# Ids that a list in JSON holds in another spelling than they have, or that look like a part of one.
ODD_IDS = st.sampled_from(['"', ",", "\\", '","', "a1", "a", "1", "é", "[]", "'", "%", "null", "😀"])


def _state(book: Book, kind: Kind, subject_id: str) -> Any:  # noqa: ANN401  any aggregate's state
    return fold(book.journal.stream(stream_id(SOURCE, kind, subject_id)))


def _without_bookkeeping(told: Any) -> Any:  # noqa: ANN401  rows, however deep
    if isinstance(told, dict):
        return {name: _without_bookkeeping(value) for name, value in told.items() if name not in BOOKKEEPING}
    return [_without_bookkeeping(one) for one in told] if isinstance(told, list) else told


def _joined(book: Book) -> list[Any]:
    """All that is told of the groups and sessions there are."""
    told: list[Any] = []
    with book.store.snapshot("appointments") as snapshot:
        for group_id in (GROUP, "g2"):
            visit = visits.visit(snapshot, SOURCE, group_id)
            told.append(visit and [visit.group, visit.appointments, visit.rebooked_as, visit.findings])
            if visit is not None:
                entries = visits.history_of(book.journal, SOURCE, group_id, visit, snapshot.cursor.position)
                told.append([(one.told.event.event_id, one.told.changes, one.twin_of is None) for one in entries])
    with book.store.snapshot("registrations") as snapshot:
        for session_id in ("900", "901"):
            roster = rosters.roster(snapshot, SOURCE, session_id)
            told.append(roster and [roster.session, dict(roster.counts), roster.taken, roster.findings])
    return [_without_bookkeeping(one) for one in told]


@given(day=days(), data=st.data())
@LAWS
def test_visits_and_rosters_do_not_depend_on_the_order_or_the_number_of_arrivals(
    opened: Opened, day: list[Any], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(day + data.draw(st.lists(st.sampled_from(day), max_size=4))))

    with opened() as in_order, opened() as in_disorder:
        in_order.tell(*day)
        in_order.post()
        for body in shuffled:
            in_disorder.tell(body)
            if data.draw(st.booleans()):
                in_disorder.post()
        in_disorder.post()

        assert _joined(in_disorder) == _joined(in_order)


@given(day=days(), size=st.integers(1, 5))
@LAWS
def test_what_the_database_joins_is_what_the_domain_says(opened: Opened, day: list[Any], size: int) -> None:
    with opened() as book:
        book.tell(*day)
        book.post(batch_events_max=size)

        with book.store.snapshot("appointments") as snapshot:
            rows = visits.with_groups(snapshot, book.rows("appointments"))
            found = {group_id: visits.visit(snapshot, SOURCE, group_id) for group_id in (GROUP, "g2")}

        groups = {group_id: _state(book, Kind.APPOINTMENT_GROUP, group_id) for group_id in found}
        known = [group for group in groups.values() if group is not None]
        for row in rows:
            appointment: Appointment = _state(book, Kind.APPOINTMENT, row["appointment_id"])
            group = groups.get(str(appointment.appointment_group_id))
            status = None if group is None or group.status is None else str(group.status)
            assert (row["group_status"], row["removed"]) == (status, is_removed(appointment, group))
        for group_id, visit in found.items():
            belonging = {row["appointment_id"] for row in rows if row["appointment_group_id"] == group_id}
            assert (visit is None) == (groups[group_id] is None and not belonging)
            if visit is not None:
                shown = {row["appointment_id"]: row["moved_to"] for row in visit.appointments}
                ever = _ever_listed(book, group_id)
                moved = {
                    row["appointment_id"]: row["appointment_group_id"]
                    for row in rows
                    if row["appointment_id"] in ever and row["appointment_group_id"] != group_id
                }
                assert shown == dict.fromkeys(belonging) | moved
                assert visit.rebooked_as == list(rebooked_as(group_id, known))


def _ever_listed(book: Book, group_id: str) -> set[str]:
    stream = book.journal.stream(stream_id(SOURCE, Kind.APPOINTMENT_GROUP, group_id))
    return {one for event in stream if isinstance(event, Listed) for one in event.appointment_ids or ()}


@given(data=st.data())
@LAWS
def test_a_list_names_an_appointment_whatever_its_id_looks_like(opened: Opened, data: st.DataObject) -> None:
    listed = data.draw(st.lists(ODD_IDS, unique=True, max_size=4))
    others = data.draw(st.lists(ODD_IDS, unique=True, min_size=1, max_size=4))
    with opened() as book:
        book.tell(
            progress("Started", *map(entry, others), event_id="e1", at="2026-03-02T09:00:00Z"),
            group("Updated", *map(entry, listed), event_id="e2", at="2026-03-02T10:00:00Z"),
        )
        book.post()

        with book.store.snapshot("appointments") as snapshot:
            rows = visits.with_groups(snapshot, book.rows("appointments"))

    assert {row["appointment_id"] for row in rows if row["removed"]} == set(others) - set(listed)
