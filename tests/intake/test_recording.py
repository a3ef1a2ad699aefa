from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daybook.domain.identity import Kind, stream_id
from daybook.intake import Answer
from daybook.intake.authentication import Authentication
from daybook.intake.entry import prepare
from daybook.intake.recording import record
from daybook.journal import Journal
from daybook.journal.sqlite import SQLiteStore
from tests.bodies import booking, booking_data, entry, progress, progress_data
from tests.intake.conftest import Desk

AT = "2026-03-01T09:00:00.1234567Z"


def created(number: int = 1, event_id: str = "e1", **told: object) -> dict[str, Any]:
    return booking("Created", number, event_id=event_id, at=AT, **told)


def test_a_delivery_is_recorded_with_its_body_its_provenance_and_its_events(desk: Desk) -> None:
    body = created()

    answer = desk.post(body, via="bookings", url_type="Class.Booking.Created", peer="192.0.2.7", method="PUT")

    assert (answer.status, answer.position) == ("recorded", 1)
    delivery = desk.delivery(answer)
    assert (delivery.source, delivery.via, delivery.url_type, delivery.method, delivery.peer) == (
        "main",
        "bookings",
        "Class.Booking.Created",
        "PUT",
        "192.0.2.7",
    )
    assert (delivery.origin, delivery.signature) == ("webhook", "verified")
    assert delivery.signature_header is not None
    assert delivery.secret_fingerprint is not None
    assert len(delivery.secret_fingerprint) == 16
    assert ("content-type", "application/json") in delivery.headers
    assert (delivery.event_type, delivery.event_id) == ("Class.Booking.Created", "e1")
    assert [(each.position, each.topic) for each in delivery.events] == [(1, "daybook:Registration.Created")]
    assert desk.journal.inbox.body(delivery.delivery_id) == desk.call(body).body
    (event,) = desk.journal.stream(stream_id("main", Kind.REGISTRATION, "1"))
    assert event.delivery_id == delivery.delivery_id
    assert event.position == 1


def test_the_same_event_again_is_a_repeat_with_a_provenance_of_its_own(desk: Desk) -> None:
    first = desk.post(created())

    again = desk.post(created(), via="second", secret="the previous secret")

    assert (again.status, again.delivery_id, again.position) == ("duplicate", first.delivery_id, first.position)
    delivery = desk.delivery(first)
    assert delivery.repeat_count == 1
    (repeat,) = delivery.repeats
    assert repeat.via == "second"
    assert repeat.secret_fingerprint != delivery.secret_fingerprint
    assert repeat.body_digest != delivery.body_digest, "the envelope's own id differs between two calls"
    assert desk.journal.head() == 1


def test_of_the_same_event_many_times_in_one_batch_one_is_recorded(desk: Desk) -> None:
    answers = desk.at_once(*(desk.call(created()) for _ in range(20)))

    statuses = [answer.status for answer in answers if isinstance(answer, Answer)]
    assert statuses == ["recorded"] + ["duplicate"] * 19
    assert {(answer.delivery_id, answer.position) for answer in answers if isinstance(answer, Answer)} == {
        (desk.post(created()).delivery_id, 1)
    }


def test_the_same_event_twice_in_one_transaction_is_told_apart_before_anything_is_written(
    journal: Journal, desk: Desk
) -> None:
    unchecked = Authentication("unchecked", None, None)
    entries = [prepare(desk.call(body), unchecked, None) for body in (created(), created(), b"{", b"{")]

    with journal.transaction() as tx:
        recorded = record(tx, entries)

    assert [answer.status for answer in recorded.answers] == ["recorded", "duplicate", "quarantined", "duplicate"]
    assert recorded.events == 1


def test_calls_that_come_together_share_a_commit(desk: Desk) -> None:
    desk.at_once(*(desk.call(created(number, f"e{number}")) for number in range(1, 101)))

    assert sum(desk.commits) == 100
    assert len(desk.commits) < 20
    positions = [event.position for event in desk.journal.select_events_after(0, 1_000)]
    assert positions == list(range(1, 101))


def test_times_of_recording_grow_with_the_position_even_if_the_clock_is_set_back(folder: Path) -> None:
    times_ns = iter([5_000, 1_000, 1_000])
    desk = Desk(Journal(SQLiteStore(folder, clock_ns=lambda: next(times_ns))))
    desk.intake.start()

    for number in (1, 2, 3):
        desk.post(created(number, f"e{number}", recurrence_registration_ids=[100 + number]))

    events = desk.journal.select_events_after(0, 9)
    assert [event.recorded_at_ns for event in events] == [5_000, 5_001, 5_002, 5_003, 5_004, 5_005]
    desk.close()
    desk.journal.close()


def test_versions_of_one_stream_follow_each_other_within_a_batch(desk: Desk) -> None:
    desk.at_once(*(desk.call(created(7, f"e{number}")) for number in range(30)))

    stream = desk.journal.stream(stream_id("main", Kind.REGISTRATION, "7"))
    assert [event.originator_version for event in stream] == list(range(1, 31))


def test_a_webhook_about_many_registrations_gets_the_position_of_its_last_event(desk: Desk) -> None:
    answer = desk.post(created(recurrence_registration_ids=[2, 3, 4]))

    assert answer.position == 4
    assert [event.position for event in desk.delivery(answer).events] == [1, 2, 3, 4]


def test_an_event_that_daybook_does_not_translate_is_kept_and_its_repeat_has_no_position(desk: Desk) -> None:
    body = {"id": "1", "event_id": "g1", "event_type": "Guest.Created", "event_timestamp": AT, "data": {"x": 1}}

    kept, again = desk.post(body), desk.post({**body, "id": "2"})

    assert (kept.status, kept.position) == ("kept", None)
    assert (again.status, again.delivery_id, again.position) == ("duplicate", kept.delivery_id, None)


def test_a_bare_body_told_again_is_a_repeat_whatever_its_spelling(desk: Desk) -> None:
    data = progress_data(entry("a1", appointment_progress=1))
    reordered = dict(reversed(data.items()))

    first = desk.post(data, url_type="Appointment.Started")
    again = desk.post(reordered, url_type="Appointment.Started")
    other = desk.post(data, url_type="Appointment.Completed")

    assert (first.status, again.status, other.status) == ("recorded", "duplicate", "recorded")


def test_one_event_is_another_event_of_another_source(desk: Desk) -> None:
    assert desk.post(created()).status == "recorded"
    assert desk.post(created(), source="watched").status == "recorded"


def test_an_empty_body_is_a_ping_and_is_not_stored(desk: Desk) -> None:
    answer = desk.post(b"", secret=None)

    assert answer == Answer("ping", None, None, None)
    assert desk.count() == 0
    assert desk.post(b" ").status == "quarantined"


def test_an_import_takes_the_same_path_but_nobody_signed_it(desk: Desk) -> None:
    body = desk.call(created()).body
    recorded = desk.run(desk.intake.import_("main", body, arrived_at_ns=1_700_000_000_000_000_000))

    assert isinstance(recorded, Answer)
    assert recorded.status == "recorded"
    delivery = desk.delivery(recorded)
    assert (delivery.origin, delivery.signature) == ("import", "unchecked")
    assert delivery.arrived_at_ns == 1_700_000_000_000_000_000
    assert desk.post(created()).status == "duplicate"
    assert [webhook.last_signature for webhook in desk.journal.inbox.webhooks()] == ["verified"]


def test_deliveries_are_listed_by_arrival_newest_first_in_pages(desk: Desk) -> None:
    for number in range(1, 8):
        desk.post(created(number, f"e{number}"), arrived_at_ns=number * 1_000_000_000)
    inbox = desk.journal.inbox

    first = inbox.deliveries(source="main", limit=3)
    second = inbox.deliveries(source="main", limit=3, before=first.before)
    third = inbox.deliveries(source="main", limit=3, before=second.before)

    arrivals = [each.arrived_at_ns // 1_000_000_000 for page in (first, second, third) for each in page.items]
    assert arrivals == [7, 6, 5, 4, 3, 2, 1]
    assert third.before is None
    between = inbox.deliveries(source="main", from_ns=3_000_000_000, to_ns=5_000_000_000, limit=9).items
    assert [each.arrived_at_ns // 1_000_000_000 for each in between] == [4, 3]
    assert inbox.deliveries(source="main", event_type="Class.Booking.Deleted", limit=9).items == ()
    assert inbox.deliveries(source="main", outcome="kept", limit=9).items == ()
    assert len(inbox.deliveries(source="main", outcome="recorded", limit=9).items) == 7


def test_a_large_body_is_stored_as_it_came(desk: Desk) -> None:
    answer = desk.post(created(padding="x" * 2_000_000))

    assert answer.status == "recorded"
    assert desk.delivery(answer).body_bytes > 2_000_000


def test_headers_that_are_too_many_are_cut(desk: Desk) -> None:
    headers = [("a-header", "v" * 1_000)] * 100

    answer = desk.post(created(), source="open", headers=headers)

    kept = desk.delivery(answer).headers
    assert 1 <= len(kept) < 9


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.lists(st.integers(1, 5), min_size=1, max_size=30))
def test_any_repetition_in_any_batches_records_each_event_once(desk: Desk, numbers: list[int]) -> None:
    before, run = desk.journal.head(), uuid4()

    answers = desk.at_once(*(desk.call(created(number, f"{run}-{number}")) for number in numbers))

    statuses = [answer.status for answer in answers if isinstance(answer, Answer)]
    assert len(statuses) == len(numbers)
    assert statuses.count("recorded") == len(set(numbers)) == desk.journal.head() - before
    by_number = {(number, answer.delivery_id) for number, answer in zip(numbers, answers, strict=True)}  # type: ignore[union-attr]
    assert len(by_number) == len(set(numbers))


@pytest.mark.parametrize("what", ["Started", "Completed"])
def test_appointments_of_one_webhook_are_recorded_in_one_commit(desk: Desk, what: str) -> None:
    body = progress(what, entry("a1"), entry("a2"), event_id="p1", at=AT)

    answer = desk.post(body)

    assert answer.position == 2
    assert desk.commits == [1]


def test_what_is_not_about_the_booking_data_stays_out_of_the_detail(desk: Desk) -> None:
    answer = desk.post(booking_data("x" * 500, guest_id="Jane Doe"), url_type="Class.Booking.Created")

    assert answer.status == "quarantined"
    assert "Jane" not in str(answer.detail)
