from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from daybook.errors import NotQuarantinedError, UnknownDeliveryError
from daybook.intake import Answer, Refusal
from tests.bodies import booking, booking_data, entry, progress_data
from tests.intake.conftest import Desk

AT = "2026-03-01T09:00:00Z"
MALFORMED = b'{"appointments": [{"id": "a1", "equipment_id: ""}]}'


def created(event_id: str = "e1", **told: object) -> dict[str, Any]:
    return booking("Created", 1, event_id=event_id, at=AT, **told)


def release(
    desk: Desk,
    answer: Answer,
    *,
    source: str = "main",
    event_type: str | None = None,
    distinct: bool = False,
    by: str = "cli",
) -> Answer:
    delivery_id = desk.delivery(answer).delivery_id
    return desk.run(desk.intake.release(delivery_id, source=source, event_type=event_type, distinct=distinct, by=by))


def test_a_body_that_cannot_be_read_is_kept_and_its_bytes_again_are_a_repeat(desk: Desk) -> None:
    first, again = desk.post(MALFORMED), desk.post(MALFORMED)

    assert first.status == "quarantined"
    assert (again.status, again.delivery_id, again.position) == ("duplicate", first.delivery_id, None)
    assert "quarantined (not_json)" in str(again.detail)
    assert desk.delivery(first).repeat_count == 1
    assert desk.journal.inbox.body(desk.delivery(first).delivery_id) == MALFORMED
    assert desk.journal.inbox.quarantine_counts("main") == {"not_json": 1}
    assert desk.count() == 1


def test_the_same_bytes_at_another_url_are_another_delivery(desk: Desk) -> None:
    first = desk.post(MALFORMED)

    assert desk.post(MALFORMED, url_type="Appointment.Started").delivery_id != first.delivery_id
    assert desk.count() == 2


def test_a_second_content_under_one_event_id_is_quarantined_and_the_first_one_stands(desk: Desk) -> None:
    first = desk.post(created())
    conflicting = created(session_id=901)

    second, again, third = desk.post(conflicting), desk.post(conflicting), desk.post(created(session_id=902))

    assert (second.status, third.status) == ("quarantined", "quarantined")
    assert desk.delivery(second).outcome.reason == "conflict"
    assert (again.status, again.delivery_id) == ("duplicate", second.delivery_id)
    assert desk.post(created()).delivery_id == first.delivery_id
    assert desk.journal.head() == 1


def test_two_contents_under_one_event_id_in_one_batch_are_a_conflict_too(desk: Desk) -> None:
    answers = desk.at_once(desk.call(created()), desk.call(created(session_id=901)), desk.call(created()))

    assert [answer.status for answer in answers if not isinstance(answer, Refusal)] == [
        "recorded",
        "quarantined",
        "duplicate",
    ]


def test_a_conflict_is_let_in_as_distinct(desk: Desk) -> None:
    desk.post(created())
    conflict = desk.post(created(session_id=901))

    assert release(desk, conflict).status == "quarantined"
    released = release(desk, conflict, distinct=True, by="front desk")

    assert (released.status, released.position) == ("recorded", 2)
    last = desk.delivery(conflict).outcome
    assert (last.number, last.released_by, last.released_distinct) == (2, "front desk", True)
    assert [event.position for event in desk.delivery(conflict).events] == [2]


def test_a_release_that_changes_nothing_says_why_and_leaves_no_trace(desk: Desk) -> None:
    unreadable = desk.post(MALFORMED)

    answer = release(desk, unreadable, event_type="Appointment.Started")

    assert (answer.status, answer.delivery_id) == ("quarantined", unreadable.delivery_id)
    assert answer.detail
    assert len(desk.delivery(unreadable).outcomes) == 1


def test_a_bare_body_without_a_type_is_released_with_one_and_keeps_its_first_time(desk: Desk) -> None:
    arrived_at_ns = 1_700_000_000_000_000_000
    bare = desk.post(progress_data(entry("a1")), arrived_at_ns=arrived_at_ns)
    assert desk.delivery(bare).outcome.reason == "missing_type"

    released = release(desk, bare, event_type="Appointment.Started")

    assert (released.status, released.delivery_id, released.position) == ("recorded", bare.delivery_id, 1)
    delivery = desk.delivery(bare)
    assert delivery.outcome.released_type == delivery.outcome.event_type == "Appointment.Started"
    (event,) = desk.journal.select_events_after(0, 9)
    assert (event.occurred_at_ns, event.time_basis) == (arrived_at_ns, "arrival")
    again = desk.post(progress_data(entry("a1")))
    assert (again.status, again.delivery_id, again.position) == ("duplicate", bare.delivery_id, 1)
    assert "recorded" in str(again.detail)
    typed = desk.post(progress_data(entry("a1")), url_type="Appointment.Started")
    assert (typed.status, typed.delivery_id) == ("duplicate", bare.delivery_id)
    with pytest.raises(NotQuarantinedError):
        release(desk, bare)


def test_what_is_released_after_it_came_by_another_way_is_a_repeat_of_that(desk: Desk) -> None:
    bare = desk.post(progress_data(entry("a1")))
    typed = desk.post(progress_data(entry("a1")), url_type="Appointment.Started")

    released = release(desk, bare, event_type="Appointment.Started")

    assert (released.status, released.delivery_id, released.position) == ("duplicate", typed.delivery_id, 1)
    last = desk.delivery(bare).outcome
    assert (last.outcome, last.repeat_of) == ("repeat", typed.delivery_id)
    assert desk.journal.head() == 1
    assert desk.journal.inbox.quarantine_counts("main") == {}


@pytest.mark.parametrize("secret", [None, "a wrong one"])
def test_a_wrong_signature_is_refused_where_it_is_enforced_and_the_right_one_is_taken_later(
    desk: Desk, secret: str | None
) -> None:
    refused = desk.send(created(), secret=secret)

    assert isinstance(refused, Refusal)
    assert refused.http_status == 401
    assert desk.count() == 0
    assert desk.post(created()).status == "recorded"


def test_a_wrong_signature_is_quarantined_where_it_is_observed_and_claims_nothing(desk: Desk) -> None:
    body = desk.call(created()).body

    unsigned = desk.post(body, secret="a wrong one", source="watched")
    again = desk.post(body, secret=None, source="watched")
    signed = desk.post(body, source="watched")

    delivery = desk.delivery(unsigned)
    assert (delivery.outcome.outcome, delivery.outcome.reason) == ("quarantined", "unsigned")
    assert (delivery.signature, delivery.event_type, delivery.event_id) == ("unsigned", "Class.Booking.Created", "e1")
    assert (again.status, again.delivery_id) == ("duplicate", unsigned.delivery_id)
    assert signed.status == "recorded"
    assert release(desk, unsigned, source="watched").status == "duplicate"


def test_to_release_an_unsigned_delivery_is_to_vouch_for_it(desk: Desk) -> None:
    unsigned = desk.post(created(), secret=None, source="watched")

    released = release(desk, unsigned, source="watched", by="ops token")

    assert released.status == "recorded"
    (event,) = desk.journal.select_events_after(0, 9)
    assert event.signature == "unsigned"
    assert desk.delivery(unsigned).outcome.released_by == "ops token"


def test_only_what_is_quarantined_here_can_be_released(desk: Desk) -> None:
    recorded = desk.post(created())
    quarantined = desk.post(MALFORMED)

    with pytest.raises(NotQuarantinedError):
        release(desk, recorded)
    with pytest.raises(UnknownDeliveryError):
        release(desk, quarantined, source="watched")
    with pytest.raises(UnknownDeliveryError):
        desk.run(desk.intake.release(uuid4(), source="main", by="cli"))


def test_an_unknown_source_is_not_found(desk: Desk) -> None:
    refused = desk.send(booking_data(1), source="nobody")

    assert isinstance(refused, Refusal)
    assert refused.http_status == 404
