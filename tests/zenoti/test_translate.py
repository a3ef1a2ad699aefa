"""What a body means, and that every body means something: an event, a kept delivery, or a quarantine with a reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from daybook.domain.appointment import AppointmentEvent
from daybook.domain.registration import RegistrationEvent
from daybook.zenoti.subjects import FAN_OUT_MAX
from daybook.zenoti.translate import Translation
from tests.bodies import (
    GUEST,
    booking,
    booking_data,
    entry,
    enveloped,
    feedback,
    feedback_data,
    group,
    group_status,
    progress,
    progress_data,
    schedule,
    sent,
)
from tests.zenoti.conftest import ARRIVED_AT_NS

Read = Callable[..., Translation]
AT = "2026-03-01T09:00:00.1234567Z"


def test_an_enveloped_booking_is_recorded_at_the_time_it_happened(read: Read) -> None:
    translation = read(booking("NoShow", 119987, event_id="E1", at="2022-03-22T12:39:20.6984376Z"))

    (event,) = translation.events
    assert translation.outcome == "recorded"
    assert event.type_name() == "Registration.NoShow"
    assert event.subject_id == "119987"
    assert event.occurred_at_ns == 1647952760_698437600
    assert event.time_basis == "event"
    assert event.event_id == "e1"
    assert event.content_digest is None


def test_a_bare_booking_has_its_type_from_the_url_and_its_time_from_the_arrival(read: Read) -> None:
    body = booking_data(43987, training_virtual_guests=[{"guest_id": "G2", "registration_id": 43986}])
    body["recurrence_registration_ids"] = [55467, 55468]

    translation = read(body, "class.booking.approved")

    assert translation.event_type == "Class.Booking.Approved"
    assert [(event.subject_id, event.role) for event in translation.events] == [
        ("43987", "primary"),
        ("43986", "guest"),
        ("55467", "recurrence"),
        ("55468", "recurrence"),
    ]
    assert {(event.occurred_at_ns, event.time_basis) for event in translation.events} == {(ARRIVED_AT_NS, "arrival")}
    assert all(event.content_digest and event.event_id is None for event in translation.events)


def test_an_event_holds_what_was_told_as_told(read: Read) -> None:
    body = booking("Created", 1, event_id="e1", at=AT, track_id=-1, group_invoice_id="", guest_id=" AB-CD ")
    del body["data"]["recurrence_id"]

    (event,) = cast("tuple[RegistrationEvent]", read(body).events)

    assert event.track_id == "-1"
    assert event.group_invoice_id == ""
    assert event.guest_id == "ab-cd"
    assert event.waitlist is None
    assert event.recurrence_id is UNSET


def test_no_name_address_or_number_of_a_guest_is_in_an_event(read: Read) -> None:
    along = {
        "guest_id": "g2",
        "registration_id": 2,
        "first_name": "Zoltana",
        "last_name": "Quillfeather",
        "email": "zq@example.com",
        "mobile_phone": {"country_code": 1, "number": 5550100},
    }

    translation = read(booking("Created", 1, event_id="e1", at=AT, training_virtual_guests=[along], comments="private"))

    text = str(translation).lower()
    assert len(translation.events) == 2
    assert not [word for word in ("zoltana", "quillfeather", "example.com", "5550100", "private") if word in text]


@pytest.mark.parametrize(
    ("spelling", "field", "value"),
    [
        ("TherapistId", "therapist_id", "t1"),
        ("therapist_id", "therapist_id", "t1"),
        ("serviceduration_in_miutes", "service_duration_minutes", 45),
        ("service_duration_in_minutes", "service_duration_minutes", 45),
        ("Start_Time", "start_time_utc", "2026-03-01T09:00:00"),
    ],
)
def test_all_spellings_of_a_key_are_read(read: Read, spelling: str, field: str, value: Any) -> None:  # noqa: ANN401
    (event,) = cast(
        "tuple[AppointmentEvent]", read(progress("Started", {"id": "a1", spelling: value}, event_id="e1", at=AT)).events
    )

    assert getattr(event, field) == value


@pytest.mark.parametrize("event_type", ["Guest.Updated", "Invoice.Closed", "Guest Membership", "Something.Unheard.Of"])
def test_an_event_about_something_else_is_kept(read: Read, event_type: str) -> None:
    translation = read(enveloped(event_type, {"id": 5}, event_id="e1", at="not even a time"))

    assert translation.outcome == "kept"
    assert translation.dedupe_key is not None


def test_the_envelopes_own_type_wins_and_the_detail_says_that_the_url_differs(read: Read) -> None:
    translation = read(booking("Created", 1, event_id="e1", at=AT), "Class.Booking.Deleted")

    assert translation.event_type == "Class.Booking.Created"
    assert "URL" in str(translation.detail)


def test_an_entry_without_an_id_makes_no_event_and_is_counted(read: Read) -> None:
    translation = read(progress("Started", entry(""), entry("a1"), "no object", event_id="e1", at=AT))  # type: ignore[arg-type]

    assert [event.subject_id for event in translation.events] == ["a1"]
    assert translation.detail == "2 of 3 entries name no appointment and make no event"


def test_two_webhooks_that_tell_one_event_have_one_key_and_one_content(read: Read) -> None:
    body = booking("Created", 1, event_id="e1", at=AT)

    first, second = read(body), read({**body, "id": "another call"})

    assert first.dedupe_key == second.dedupe_key
    assert first.content_digest == second.content_digest


def test_another_content_under_one_event_id_has_the_key_but_not_the_digest(read: Read) -> None:
    first = read(booking("Created", 1, event_id="e1", at=AT))
    second = read(booking("Created", 2, event_id="e1", at=AT))

    assert first.dedupe_key == second.dedupe_key
    assert first.content_digest != second.content_digest


def test_a_conflict_let_in_as_distinct_has_a_key_and_a_place_of_its_own(read: Read) -> None:
    body = booking("Created", 1, event_id="e1", at=AT)

    plain, distinct = read(body), read(body, distinct=True)

    assert plain.dedupe_key != distinct.dedupe_key
    assert distinct.events[0].order_of_occurrence > plain.events[0].order_of_occurrence


def test_numbers_count_as_they_were_sent(read: Read) -> None:
    first = read(b'{"registration_id": 1, "price": 2.50}', "Class.Booking.Created")
    second = read(b'{"registration_id": 1, "price": 2.5}', "Class.Booking.Created")

    assert first.dedupe_key != second.dedupe_key


def test_a_byte_order_mark_is_skipped(read: Read) -> None:
    assert read(b"\xef\xbb\xbf" + sent(booking("Created", 1, event_id="e1", at=AT))).outcome == "recorded"


def test_a_numeric_event_id_is_its_digits(read: Read) -> None:
    assert read(booking("Created", 1, event_id=cast("str", 2**70), at=AT)).event_id == str(2**70)


def test_what_text_and_64_bits_cannot_hold_is_replaced_and_the_detail_says_so(read: Read) -> None:
    body = progress("Started", entry("a1", service_name="a\0b\ud800c", appointment_type=2**64), event_id="e1", at=AT)

    translation = read(body)

    (event,) = cast("tuple[AppointmentEvent]", translation.events)
    assert event.service_name == "a\ufffdb\ufffdc"
    assert event.appointment_type is None
    assert "service_name" in str(translation.detail)
    assert "appointment_type" in str(translation.detail)


TRUE = bool(1)
_TOO_MANY = [*range(2, 2 + FAN_OUT_MAX)]
_BOOKED = sent(booking("Created", 1, event_id="e1", at=AT))


@pytest.mark.parametrize(
    ("reason", "body", "url_type"),
    [
        ("not_json", b'{"appointments": [{"id": "a1", "equipment_id: "", "x": 1}]}', "Appointment.Started"),
        ("not_json", b"  ", None),
        ("not_json", _BOOKED[:-9], None),
        ("not_utf8", b'{"a": "\xff"}', None),
        ("not_utf8", "{}".encode("utf-16"), None),
        ("not_a_number", b'{"registration_id": NaN}', "Class.Booking.Created"),
        ("duplicate_key", b'{"registration_id": 1, "registration_id": 2}', "Class.Booking.Created"),
        ("nested_too_deep", b"[" * 10_000 + b"]" * 10_000, None),
        ("nested_too_deep", b'{"a":' * 10_000, None),
        ("missing_type", booking_data(1), None),
        ("missing_type", [1, 2], None),
        ("invalid_type", enveloped("x" * 201, {}, event_id="e1", at=AT), None),
        ("no_subject", {"event_type": "Class.Booking.Created", "data": None}, "Class.Booking.Created"),
        ("no_subject", {"event_type": "Class.Booking.Created", "data": [1]}, "Class.Booking.Created"),
        ("no_subject", [], "Class.Booking.Created"),
        ("no_subject", booking("Created", None, event_id="e1", at=AT), None),
        ("no_subject", booking("Created", 0, event_id="e1", at=AT), None),
        ("no_subject", booking("Created", -1, event_id="e1", at=AT), None),
        ("no_subject", booking("Created", "", event_id="e1", at=AT), None),
        ("no_subject", progress("Started", event_id="e1", at=AT), None),
        ("no_subject", progress_data(appointments=None), "Appointment.Started"),
        ("invalid_id", booking("Created", TRUE, event_id="e1", at=AT), None),
        ("invalid_id", booking("Created", 1.5, event_id="e1", at=AT), None),
        ("invalid_id", booking("Created", {"id": 1}, event_id="e1", at=AT), None),
        ("invalid_id", booking("Created", [1], event_id="e1", at=AT), None),
        ("invalid_id", booking("Created", "a/b", event_id="e1", at=AT), None),
        ("invalid_id", booking("Created", "a\0b", event_id="e1", at=AT), None),
        ("invalid_id", booking("Created", "a\ud800", event_id="e1", at=AT), None),
        ("invalid_id", booking("Created", "x" * 10_000, event_id="e1", at=AT), None),
        ("invalid_id", b'{"registration_id": 1' + b"0" * 10_000 + b"}", "Class.Booking.Created"),
        ("invalid_id", booking("Created", 1, event_id="e/1", at=AT), None),
        ("invalid_list", booking("Created", 1, event_id="e1", at=AT, recurrence_registration_ids=5), None),
        ("invalid_list", progress("Started", event_id="e1", at=AT, appointments={}), None),
        ("too_many_subjects", booking("Created", 1, event_id="e1", at=AT, guest_registration_ids=_TOO_MANY), None),
        ("invalid_time", booking("Created", 1, event_id="e1", at="yesterday"), None),
        ("invalid_time", booking("Created", 1, event_id="e1", at="0001-01-01T00:00:00Z"), None),
        ("invalid_time", booking("Created", 1, event_id="e1", at="9999-12-31T23:59:59Z"), None),
        ("invalid_time", booking("Created", 1, event_id="e1", at=cast("str", None)), None),
        ("invalid_time", booking("Created", 1, event_id="e1", at=cast("str", 1647952760)), None),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_quarantined_with_the_reason(
    read: Read, reason: str, body: object, url_type: str | None
) -> None:
    translation = read(body, url_type)

    assert (translation.outcome, translation.reason) == ("quarantined", reason)
    assert translation.detail
    assert translation.events == ()
    assert translation.dedupe_key is None


def test_as_many_aggregates_as_the_bound_allows_are_reached(read: Read) -> None:
    siblings = [*range(2, 1 + FAN_OUT_MAX)]

    translation = read(booking("Created", 1, event_id="e1", at=AT, recurrence_registration_ids=siblings))

    assert len(translation.events) == FAN_OUT_MAX


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_keys = st.sampled_from(
    [
        *("registration_id", "guest_id", "waitlist", "appointments", "training_virtual_guests"),
        *("guest_registration_ids", "recurrence_registration_ids", "id", "appointment_progress"),
        *("session_id", "start_time", "booking_source", "sesion_id", "recurrence_session_ids", "weekdays"),
        *("appointment_group_id", "appointment_group_status", "guest", "rating_value", "guest_feedback_tags"),
    ]
)
_types = st.sampled_from(
    [
        *("Class.Booking.Created", "Class.Booking.Rejected", "Appointment.Started", "Guest.Updated"),
        *("AppointmentGroup.Updated", "AppointmentGroup.Delete", "AppointmentGroup.Status"),
        *("Class.Schedule.Updated", "Appointment.Feedback"),
    ]
)
_near_bodies = st.fixed_dictionaries(
    {"event_type": _types | _json, "data": st.dictionaries(_keys, _json, max_size=6) | _json},
    optional={"event_id": _json, "event_timestamp": st.just(AT) | _json, "id": _json},
)


@given(_json | _near_bodies, st.none() | _types)
def test_translation_never_raises_and_always_gives_an_outcome(read: Read, body: object, url_type: str | None) -> None:
    translation = read(json.dumps(body).encode(errors="surrogatepass"), url_type)

    assert translation.reason != "translation_failed"
    assert (translation.outcome == "quarantined") == (translation.reason is not None)
    assert (translation.outcome == "recorded") == bool(translation.events)


_SEEDS = [
    sent(booking("Created", 1, event_id="e1", at=AT, recurrence_registration_ids=[2, 3])),
    sent(progress("Started", entry("a1", appointment_progress=1), event_id="e1", at=AT)),
    sent(group("Created", entry("a1"), event_id="e1", at=AT)),
    sent(group_status(2, event_id="e1", at=AT)),
    sent(schedule("Updated", 900, event_id="e1", at=AT, recurrence_session_ids=[901])),
    sent(feedback(feedback_data(), event_id="e1", at=AT)),
]


@given(
    st.sampled_from(_SEEDS),
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 3), st.binary(max_size=3)), max_size=4),
)
def test_translation_never_raises_on_damaged_bodies(
    read: Read, body: bytes, cuts: list[tuple[int, int, bytes]]
) -> None:
    for at, length, put in cuts:
        body = body[:at] + put + body[at + length :]

    assert read(body).reason != "translation_failed"
    assert GUEST not in str(read(body).detail)
