"""The law of order: any order and any repetition of the same enveloped deliveries give the same state and history."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from daybook.domain.fold import fold, history
from daybook.domain.identity import Kind
from daybook.domain.occurrence import place
from daybook.domain.visit import is_removed
from tests.bodies import (
    GROUP,
    aspects_data,
    booking,
    entry,
    feedback,
    feedback_data,
    group,
    group_deleted,
    group_status,
    progress,
    schedule,
)
from tests.domain.conftest import Replay

_REGISTRATIONS = ("1", "2", "3")
_APPOINTMENTS = ("a1", "a2")
_GROUPS = (GROUP, "g2")
_SESSIONS = ("900", "901")
# Few seconds, so that many events share one and the tie is broken by event_id and type.
_times = st.integers(0, 3).map(lambda second: f"2026-03-01T09:00:0{second}.1234567Z")
_event_ids = st.integers(0, 5).map(lambda number: f"e{number}")
_ids = st.sampled_from([1, 2, 3])

bookings = st.builds(
    booking,
    st.sampled_from(["Created", "Approved", "Rejected", "Cancelled", "Deleted", "NoShow"]),
    _ids,
    event_id=_event_ids,
    at=_times,
    waitlist=st.sampled_from([True, False, None]),
    session_id=st.sampled_from([900, 901, None, ""]),
    track_id=st.sampled_from([-1, 5, None]),
    recurrence_registration_ids=st.lists(_ids, max_size=2) | st.none(),
    guest_registration_ids=st.lists(_ids, max_size=2) | st.none(),
)
progresses = st.builds(
    lambda what, own, event_id, at: progress(what, *own, event_id=event_id, at=at),
    st.sampled_from(["Started", "Completed"]),
    st.lists(
        st.builds(
            entry,
            st.sampled_from(_APPOINTMENTS),
            appointment_progress=st.sampled_from([0, 1, 2, "1", None, 9]),
            start_time=st.sampled_from(["2026-03-02T17:00:00", "2026-03-02T18:00:00", "", None]),
            start_time_in_center=st.sampled_from(["2026-03-02T09:00:00", "2026-03-02T10:00:00", None]),
        ),
        min_size=1,
        max_size=3,
    ),
    _event_ids,
    _times,
)
_entries = st.builds(entry, st.sampled_from(_APPOINTMENTS), appointment_progress=st.sampled_from([0, 1, 2, None]))
_group_ids = st.sampled_from(_GROUPS)
lists = st.builds(
    lambda what, own, event_id, at, **told: group(what, *own, event_id=event_id, at=at, **told),
    st.sampled_from(["Created", "Updated"]),
    st.just([]),
    _event_ids,
    _times,
    appointment_group_id=_group_ids,
    appointments=st.lists(_entries | st.just({"id": ""}), max_size=2) | st.none(),
    utm_source=st.sampled_from(["newsletter", None, ""]),
    guest=st.sampled_from([{"id": "g1"}, {"id": ""}, None]),
)
_ratings = st.sampled_from([1, 5, None])
_tags: st.SearchStrategy[list[dict[str, int]] | None] = st.none() | st.just([]) | st.just([{"id": 1}])
feedbacks = st.builds(
    feedback,
    st.builds(aspects_data, appointment_group_id=_group_ids, recommendation=st.sampled_from([True, None]))
    | st.builds(feedback_data, appointment_group_id=_group_ids, rating_value=_ratings, guest_feedback_tags=_tags),
    event_id=_event_ids,
    at=_times,
)
statuses = st.builds(
    group_status,
    st.sampled_from([-1, 0, 2, 7, 99, None]),
    event_id=_event_ids,
    at=_times,
    appointment_group_id=_group_ids,
    is_noshowfeerequired=st.sampled_from(["Yes", "No", None]),
)
deletes = st.builds(group_deleted, _group_ids, event_id=_event_ids, at=_times)
schedules = st.builds(
    schedule,
    st.sampled_from(["Created", "Updated", "Cancelled", "Deleted"]),
    st.sampled_from(_SESSIONS),
    event_id=_event_ids,
    at=_times,
    capacity=st.sampled_from([10, -1, None]),
    class_name=st.sampled_from(["Morning flow", "Evening flow", "", None]),
    recurrence_session_ids=st.lists(st.sampled_from(_SESSIONS), max_size=2) | st.none(),
)
visits = lists | statuses | deletes | feedbacks | progresses
anything = bookings | visits | schedules


def _by_key(bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of two contents under one event_id the first would win: the law is about one content for each."""
    return list({(body["event_type"], body["event_id"]): body for body in bodies}.values())


def _seen(told: Replay) -> list[Any]:
    seen: list[Any] = []
    for kind, subjects in (
        (Kind.REGISTRATION, _REGISTRATIONS),
        (Kind.APPOINTMENT, _APPOINTMENTS),
        (Kind.APPOINTMENT_GROUP, _GROUPS),
        (Kind.CLASS_SESSION, _SESSIONS),
    ):
        for subject in subjects:
            stream = told.stream(kind, subject)
            state = fold(stream)
            if state is not None:
                state = msgspec.structs.replace(state, version=0, position=0, recorded_at_ns=0)
            if kind is Kind.APPOINTMENT_GROUP and state is not None:
                # Its words stand in the body of a delivery, and every replay numbers the deliveries anew.
                state = msgspec.structs.replace(state, feedback_delivery_id=None)
            seen.append(state)
            seen.append([(entry.event.event_id, entry.event.TOPIC, entry.changes) for entry in history(stream)])
    return [*seen, _removed(told)]


def _removed(told: Replay) -> dict[str, bool]:
    appointments = {one: told.appointment(one) for one in _APPOINTMENTS}
    return {
        one: is_removed(state, told.group(state.appointment_group_id))
        for one, state in appointments.items()
        if state is not None
    }


@given(st.data(), st.lists(anything, min_size=1, max_size=8).map(_by_key))
def test_states_and_histories_do_not_depend_on_the_order_or_the_number_of_arrivals(
    data: st.DataObject, bodies: list[dict[str, Any]]
) -> None:
    arrivals = data.draw(st.permutations(bodies + data.draw(st.lists(st.sampled_from(bodies), max_size=4))))
    in_order, shuffled = Replay(), Replay()
    for body in bodies:
        in_order.tell(body)

    for body in arrivals:
        shuffled.tell({**body, "id": "another call"})

    assert _seen(shuffled) == _seen(in_order)


@given(st.data(), st.lists(visits, min_size=1, max_size=8).map(_by_key))
def test_a_visit_does_not_depend_on_arrival_although_it_spans_a_group_and_its_appointments(
    data: st.DataObject, bodies: list[dict[str, Any]]
) -> None:
    in_order, shuffled = Replay(), Replay()
    for body in sorted(bodies, key=_key):
        in_order.tell(body)

    for body in data.draw(st.permutations(bodies + bodies[:2])):
        shuffled.tell(body)

    assert _seen(shuffled) == _seen(in_order)


@given(st.lists(lists | progresses, min_size=1, max_size=8))
def test_removed_is_what_the_latest_whole_list_leaves_out_and_nothing_told_of_since(
    bodies: list[dict[str, Any]],
) -> None:
    told = Replay()
    for number, body in enumerate(bodies):
        told.tell({**body, "event_id": f"e{number}"})
        body["event_id"] = f"e{number}"

    for appointment, removed in _removed(told).items():
        naming = [body for body in bodies if appointment in _named(body)]
        last = max(naming, key=_key)
        group_id = last["data"]["appointment_group_id"]
        whole = [body for body in bodies if _is_whole(body) and body["data"]["appointment_group_id"] == group_id]
        latest = max(whole, key=_key, default=last)
        assert removed == (_key(latest) > _key(last))


def _key(body: dict[str, Any]) -> tuple[str, str]:
    return body["event_timestamp"], body["event_id"]


def _named(body: dict[str, Any]) -> set[str]:
    return {told["id"] for told in body["data"].get("appointments") or []}


def _is_whole(body: dict[str, Any]) -> bool:
    group_list = body["data"].get("appointments")
    return body["event_type"].startswith("AppointmentGroup") and group_list is not None and "" not in _named(body)


def test_an_event_is_late_when_one_that_occurred_later_was_recorded_before_it() -> None:
    told = Replay()
    told.tell(booking("Cancelled", 1, event_id="e2", at="2026-03-01T10:00:00Z"))
    told.tell(booking("Created", 1, event_id="e1", at="2026-03-01T09:00:00Z"))

    entries = history(told.stream(Kind.REGISTRATION, "1"))

    assert [(one.event.event_id, one.late) for one in entries] == [("e1", True), ("e2", False)]
    assert entries[0].changes["status"] == ("unknown", "booked")
    assert entries[1].changes["status"] == ("booked", "cancelled")


@given(st.lists(anything, min_size=2, max_size=6).map(_by_key))
def test_places_compare_as_text_as_the_fold_compares_events(bodies: list[dict[str, Any]]) -> None:
    told = Replay()
    for body in bodies:
        told.tell(body)

    in_order = sorted(told.events, key=lambda event: event.order_of_occurrence)

    places = [place(event).encode() for event in in_order]
    assert places == sorted(places)


def test_two_types_of_zenotis_that_tell_one_of_ours_at_one_time_under_one_id_have_an_order() -> None:
    bodies = [group(what, event_id="e1", at="2026-03-01T09:00:00Z", utm_source=what) for what in ("Created", "Updated")]
    forwards, backwards = Replay(), Replay()
    for body in bodies:
        forwards.tell(body)
    for body in reversed(bodies):
        backwards.tell(body)

    assert forwards.group().utm_source == backwards.group().utm_source == "Updated"


def test_of_two_readings_of_one_delivery_the_later_translation_counts() -> None:
    told = Replay()
    told.tell(booking("Created", 1, event_id="e1", at="2026-03-01T09:00:00Z", waitlist=False))
    (first,) = told.events
    again = msgspec.structs.replace(first, waitlist=True, translation=2, originator_version=2)

    assert fold([first, again]).status == "waitlisted"
    assert fold([again, first]).status == "waitlisted"
    assert fold([first, again]).version == 2
