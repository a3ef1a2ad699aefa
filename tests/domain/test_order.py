"""The law of order: any order and any repetition of the same enveloped deliveries give the same state and history."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from daybook.domain.fold import fold, history
from daybook.domain.identity import Kind
from tests.bodies import booking, entry, progress
from tests.domain.conftest import Replay

_REGISTRATIONS = ("1", "2", "3")
_APPOINTMENTS = ("a1", "a2")
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
        st.builds(entry, st.sampled_from(_APPOINTMENTS), appointment_progress=st.sampled_from([0, 1, 2, "1", None, 9])),
        min_size=1,
        max_size=3,
    ),
    _event_ids,
    _times,
)


def _by_key(bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of two contents under one event_id the first would win: the law is about one content for each."""
    return list({(body["event_type"], body["event_id"]): body for body in bodies}.values())


def _seen(told: Replay) -> list[Any]:
    seen: list[Any] = []
    for kind, subjects in ((Kind.REGISTRATION, _REGISTRATIONS), (Kind.APPOINTMENT, _APPOINTMENTS)):
        for subject in subjects:
            stream = told.stream(kind, subject)
            state = fold(stream)
            if state is not None:
                state = msgspec.structs.replace(state, version=0, position=0, recorded_at_ns=0)
            seen.append(state)
            seen.append([(entry.event.event_id, entry.event.TOPIC, entry.changes) for entry in history(stream)])
    return seen


@given(st.data(), st.lists(bookings | progresses, min_size=1, max_size=8).map(_by_key))
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


def test_an_event_is_late_when_one_that_occurred_later_was_recorded_before_it() -> None:
    told = Replay()
    told.tell(booking("Cancelled", 1, event_id="e2", at="2026-03-01T10:00:00Z"))
    told.tell(booking("Created", 1, event_id="e1", at="2026-03-01T09:00:00Z"))

    entries = history(told.stream(Kind.REGISTRATION, "1"))

    assert [(one.event.event_id, one.late) for one in entries] == [("e1", True), ("e2", False)]
    assert entries[0].changes["status"] == ("unknown", "booked")
    assert entries[1].changes["status"] == ("booked", "cancelled")


def test_of_two_readings_of_one_delivery_the_later_translation_counts() -> None:
    told = Replay()
    told.tell(booking("Created", 1, event_id="e1", at="2026-03-01T09:00:00Z", waitlist=False))
    (first,) = told.events
    again = msgspec.structs.replace(first, waitlist=True, translation=2, originator_version=2)

    assert fold([first, again]).status == "waitlisted"
    assert fold([again, first]).status == "waitlisted"
    assert fold([first, again]).version == 2
