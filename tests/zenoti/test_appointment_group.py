"""What the bodies about a visit tell: of the group, of its appointments, and nothing of who the guest is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, cast

import pytest
from msgspec import UNSET

from daybook.domain.appointment_group import AppointmentGroupEvent, Deleted, FeedbackGiven, Listed, StatusChanged
from daybook.domain.feedback import FeedbackTag
from daybook.zenoti.feedback import TAGS_MAX, comments
from daybook.zenoti.subjects import FAN_OUT_MAX
from daybook.zenoti.translate import Translation
from tests.bodies import (
    GROUP,
    GUEST,
    aspects_data,
    entry,
    feedback,
    feedback_data,
    group,
    group_data,
    group_deleted,
    group_status,
    schedule,
    sent,
)
from tests.zenoti.conftest import ARRIVED_AT_NS

Read = Callable[..., Translation]
AT = "2026-03-01T09:00:00.1234567Z"


def group_event(translation: Translation) -> AppointmentGroupEvent:
    assert translation.outcome == "recorded", translation.detail
    return cast("AppointmentGroupEvent", translation.events[0])


@pytest.mark.parametrize("what", ["Created", "Updated"])
def test_a_group_makes_one_event_of_itself_and_one_of_each_appointment_in_its_list(read: Read, what: str) -> None:
    translation = read(group(what, entry("a1"), entry("A2", appointment_progress=1), event_id="e1", at=AT))

    assert [(event.type_name(), event.subject_id, event.role) for event in translation.events] == [
        ("AppointmentGroup.Listed", GROUP, "primary"),
        ("Appointment.Scheduled", "a1", "primary"),
        ("Appointment.Started", "a2", "primary"),
    ]
    assert {event.zenoti_type for event in translation.events} == {f"AppointmentGroup.{what}"}
    assert cast("Listed", translation.events[0]).appointment_ids == ("a1", "a2")


@pytest.mark.parametrize(("told", "ids"), [([], ()), (None, None), ("absent", UNSET)])
def test_an_empty_list_null_and_no_list_are_kept_apart(read: Read, told: object, ids: object) -> None:
    data = group_data(appointments=told)
    if told == "absent":
        del data["appointments"]

    translation = read(data, "AppointmentGroup.Updated")

    assert len(translation.events) == 1
    assert cast("Listed", translation.events[0]).appointment_ids == ids


def test_a_listed_appointment_told_twice_is_listed_once_with_its_highest_progress(read: Read) -> None:
    twice = [entry("a1", appointment_progress=2), entry(" A1 ", appointment_progress=1)]

    listed, appointment = read(group("Updated", *twice, event_id="e1", at=AT)).events

    assert cast("Listed", listed).appointment_ids == ("a1",)
    assert appointment.type_name() == "Appointment.Completed"


def test_an_entry_that_names_nothing_is_counted_in_the_event_and_in_the_detail(read: Read) -> None:
    translation = read(group("Updated", entry("a1"), entry(""), event_id="e1", at=AT))

    assert cast("Listed", translation.events[0]).appointments_nameless == 1
    assert translation.detail == "1 of 2 entries name no appointment and make no event"


@pytest.mark.parametrize("group_id", ["", None, "00000000-0000-0000-0000-000000000000"])
def test_a_list_of_no_group_still_tells_of_its_appointments(read: Read, group_id: object) -> None:
    translation = read(group("Updated", entry("a1"), event_id="e1", at=AT, appointment_group_id=group_id))

    assert [event.type_name() for event in translation.events] == ["Appointment.Scheduled"]
    assert translation.detail == "the body names no appointment group and makes no event of it"


def test_ids_that_are_no_guids_are_read_in_any_case(read: Read) -> None:
    event = group_event(read(group("Created", event_id="e1", at=AT, appointment_group_id=" QPE4EC51-65t3 ")))

    assert event.subject_id == "qpe4ec51-65t3"


@pytest.mark.parametrize(
    ("told", "guest_id"),
    [
        ({"guest": {"id": " AB ", "first_name": "Zoltana"}}, "ab"),
        ({"guest": {"id": None}}, None),
        ({"guest": {}}, UNSET),
        ({"guest": None}, None),
        ({"guest": None, "guest_id": "CD"}, "cd"),
        ({"guest": "Zoltana"}, None),
    ],
)
def test_only_the_id_of_a_guest_is_read(read: Read, told: dict[str, Any], guest_id: object) -> None:
    translation = read(group("Created", event_id="e1", at=AT, **told))

    event = cast("Listed", group_event(translation))
    assert event.guest_id == guest_id
    assert "zoltana" not in str(translation).lower()


def test_a_group_with_nothing_but_its_id_tells_nothing_else(read: Read) -> None:
    event = cast("Listed", group_event(read({"appointment_group_id": "g1"}, "AppointmentGroup.Created")))

    assert (event.guest_id, event.center_id, event.utm_source, event.appointment_ids) == (UNSET,) * 4
    assert (event.time_basis, event.occurred_at_ns) == ("arrival", ARRIVED_AT_NS)


def test_a_status_tells_its_code_the_receipt_and_the_fees(read: Read) -> None:
    event = cast("StatusChanged", group_event(read(group_status(-2, event_id="e1", at=AT))))

    assert (type(event), event.status_code, event.receipt_number) == (StatusChanged, -2, "0")
    assert (event.is_no_show_fee_required, event.is_cancellation_fee_required) == (True, False)


@pytest.mark.parametrize(("told", "code"), [("4", 4), (2.0, 2), (99, 99), (None, None), ("soon", None), (2**64, None)])
def test_a_status_code_is_a_number_also_in_text(read: Read, told: object, code: int | None) -> None:
    event = cast("StatusChanged", group_event(read(group_status(told, event_id="e1", at=AT))))

    assert event.status_code == code


def test_a_deleted_group_is_named_by_its_id(read: Read) -> None:
    (event,) = read(group_deleted(event_id="e1", at=AT)).events

    assert (type(event), event.subject_id) == (Deleted, GROUP)


def test_both_versions_of_a_feedback_are_read_without_its_words(read: Read) -> None:
    aspects = cast("FeedbackGiven", group_event(read(aspects_data(), "appointment.feedback")))
    rating = cast("FeedbackGiven", group_event(read(feedback(feedback_data(), event_id="e1", at=AT))))

    assert (aspects.subject_id, aspects.user_id, aspects.zenoti_type) == (GROUP, GUEST, "Appointment.Feedback")
    assert (aspects.rating_service, aspects.rating_therapist, aspects.rating, aspects.tags) == (3, 5, UNSET, UNSET)
    assert (aspects.recommendation, aspects.share_feedback, aspects.feedback_source) == (True, True, 0)
    assert (rating.rating, rating.rating_service, rating.feedback_version) == (3, UNSET, 2)
    assert rating.tags == (FeedbackTag(id="1", name="ambience"), FeedbackTag(id="2", name="check-in"))
    assert "towels" not in str(aspects) + str(rating)


@pytest.mark.parametrize(
    ("told", "tags"),
    [(None, None), ([], ()), (["ambience"], ()), ([{"name": "ambience"}], (FeedbackTag(name="ambience"),))],
)
def test_tags_are_told_as_told(read: Read, told: object, tags: object) -> None:
    event = cast("FeedbackGiven", group_event(read(feedback_data(guest_feedback_tags=told), "Appointment.Feedback")))

    assert event.tags == tags


def test_more_tags_than_the_bound_are_cut_and_the_detail_says_so(read: Read) -> None:
    many = [{"id": number} for number in range(TAGS_MAX + 1)]

    translation = read(feedback_data(guest_feedback_tags=many), "Appointment.Feedback")

    assert len(cast("tuple[FeedbackTag, ...]", cast("FeedbackGiven", group_event(translation)).tags)) == TAGS_MAX
    assert "guest_feedback_tags" in str(translation.detail)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (sent(feedback_data()), "the towels were warm"),
        (sent(feedback(feedback_data(), event_id="e1", at=AT)), "the towels were warm"),
        (sent(feedback_data(comments=" ")), None),
        (sent(feedback_data(comments=5)), None),
        (b'{"Comments": "a\\ud800b"}', "a\ufffdb"),
        (b"[]", None),
        (b"{", None),
    ],
)
def test_what_a_guest_wrote_is_read_from_the_body(body: bytes, words: str | None) -> None:
    assert comments(body) == words


_TOO_MANY = [entry(number) for number in range(1, FAN_OUT_MAX + 1)]


@pytest.mark.parametrize(
    ("reason", "body"),
    [
        ("no_subject", group("Updated", event_id="e1", at=AT, appointment_group_id="")),
        ("no_subject", group("Updated", {"id": None}, event_id="e1", at=AT, appointment_group_id=None)),
        ("no_subject", group_status(2, event_id="e1", at=AT, appointment_group_id=0)),
        ("no_subject", group_deleted(None, event_id="e1", at=AT)),
        ("no_subject", feedback(feedback_data(appointment_group_id=""), event_id="e1", at=AT)),
        ("invalid_id", group("Updated", event_id="e1", at=AT, appointment_group_id=["g1"])),
        ("invalid_id", group("Created", event_id="e1", at=AT, guest={"id": 1.5})),
        ("invalid_id", group_deleted("a/b", event_id="e1", at=AT)),
        ("invalid_list", group("Updated", event_id="e1", at=AT, appointments="a1")),
        ("invalid_list", group("Updated", event_id="e1", at=AT, appointments={})),
        ("invalid_list", feedback(feedback_data(guest_feedback_tags="warm"), event_id="e1", at=AT)),
        ("too_many_subjects", group("Updated", *_TOO_MANY, event_id="e1", at=AT)),
        ("invalid_time", group_status(2, event_id="e1", at="yesterday")),
    ],
)
def test_what_cannot_be_understood_is_quarantined_with_the_reason(
    read: Read, reason: str, body: dict[str, Any]
) -> None:
    translation = read(body)

    assert (translation.outcome, translation.reason, translation.events) == ("quarantined", reason, ())


def test_a_group_and_its_appointments_together_are_as_many_aggregates_as_the_bound_allows(read: Read) -> None:
    translation = read(group("Updated", *_TOO_MANY[1:], event_id="e1", at=AT))

    assert len(translation.events) == FAN_OUT_MAX


@pytest.mark.parametrize(
    ("body", "event_type"),
    [
        (group("Created", event_id="E1", at=AT), "appointmentgroup.created"),
        (group("Updated", event_id="E1", at=AT), "appointmentgroup.updated"),
        (group_deleted(event_id="E1", at=AT), "appointmentgroup.delete"),
        (group_status(2, event_id="E1", at=AT), "appointmentgroup.status"),
        (schedule("Created", 900, event_id="E1", at=AT), "class.schedule.created"),
        (feedback(feedback_data(), event_id="E1", at=AT), "appointment.feedback"),
    ],
)
def test_what_an_older_translation_kept_has_the_key_that_it_had_then(
    read: Read, body: dict[str, Any], event_type: str
) -> None:
    # A kept delivery has claimed its key: under another one, the same delivery would be taken in twice.
    digest = hashlib.sha256(b"daybook:")
    for part in (b"event", b"main", event_type.encode(), b"e1"):
        digest.update(len(part).to_bytes(8) + part)

    assert read(body).dedupe_key == read({**body, "event_type": event_type}).dedupe_key == digest.digest()
