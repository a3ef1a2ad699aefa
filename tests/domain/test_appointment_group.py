"""What became of a visit, whatever order it was told in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec import UNSET

from daybook.domain.feedback import FeedbackTag
from daybook.domain.fold import history
from daybook.domain.group_status import STATUS_NAMES, status_of
from daybook.domain.identity import Kind
from daybook.domain.instants import parse_instant
from tests.bodies import (
    CENTER,
    GROUP,
    GUEST,
    ORGANIZATION,
    aspects_data,
    entry,
    feedback,
    feedback_data,
    group,
    group_deleted,
    group_status,
)
from tests.domain.conftest import Replay

Tell = Callable[..., Replay]
NINE, TEN, ELEVEN = (f"2026-03-02T{hour}:00:00Z" for hour in ("09", "10", "11"))


def test_a_created_group_is_new_and_has_its_guest_center_invoice_and_list(replay: Tell) -> None:
    told = replay([group("Created", entry("a1"), entry("A2"), event_id="e1", at=NINE)])

    state = told.group()

    assert (state.status, state.created_at_ns) == ("new", parse_instant(NINE))
    assert (state.guest_id, state.center_id, state.organization_id) == (GUEST, CENTER, ORGANIZATION)
    assert (state.center_name, state.invoice_number, state.invoice_number_prefix) == ("Northgate", "4902", "NOR")
    assert (state.utm_source, state.utm_medium, state.utm_campaign) == ("newsletter", "email", UNSET)
    assert state.appointment_ids == ("a1", "a2")


def test_its_list_schedules_its_appointments(replay: Tell) -> None:
    told = replay([group("Created", entry("a1", appointment_progress=None), event_id="e1", at=NINE)])

    state = told.appointment("a1")

    assert [event.type_name() for event in told.events] == ["AppointmentGroup.Listed", "Appointment.Scheduled"]
    assert (state.progress, state.appointment_group_id, state.center_id) == ("not_started", GROUP, CENTER)


def test_a_list_without_progress_does_not_take_back_what_an_appointment_has_reached(replay: Tell) -> None:
    told = replay([group("Updated", entry("a1"), event_id="e1", at=NINE)])
    told.tell(group("Updated", entry("a1", appointment_progress=2), event_id="e2", at=TEN))
    told.tell(group("Updated", entry("a1"), event_id="e3", at=ELEVEN))

    assert told.appointment("a1").progress == "completed"
    assert told.appointment("a1").completed_at_ns == parse_instant(TEN)


def test_a_status_before_its_group_is_kept_with_its_fees(replay: Tell) -> None:
    told = replay([group_status(2, event_id="e2", at=TEN), group("Created", entry("a1"), event_id="e1", at=NINE)])

    state = told.group()

    assert (state.status, state.checked_in_at_ns) == ("checked_in", parse_instant(TEN))
    assert (state.is_no_show_fee_required, state.is_cancellation_fee_required) == (True, False)
    assert (state.receipt_number, state.created_at_ns) == ("0", parse_instant(NINE))


@pytest.mark.parametrize("code", STATUS_NAMES)
def test_every_known_code_has_a_name(replay: Tell, code: int) -> None:
    assert replay([group_status(str(code), event_id="e1", at=NINE)]).group().status == status_of(code)


def test_an_unknown_code_is_kept_as_the_number(replay: Tell) -> None:
    assert replay([group_status(99, event_id="e1", at=NINE)]).group().status == 99


def test_a_status_that_tells_no_code_tells_the_rest(replay: Tell) -> None:
    told = replay([group_status(4, event_id="e1", at=NINE), group_status(None, event_id="e2", at=TEN)])
    told.tell(group_status("soon", event_id="e3", at=ELEVEN, receipt_number="17"))

    assert (told.group().status, told.group().receipt_number) == ("confirmed", "17")


def test_the_last_status_hides_nothing_and_the_same_one_again_does_not_move_its_time(replay: Tell) -> None:
    told = replay(
        [
            group_status(-1, event_id="e3", at=ELEVEN),
            group_status(4, event_id="e2", at=TEN),
            group_status(4, event_id="e1", at=NINE),
        ]
    )

    state = told.group()

    assert (state.status, state.cancelled_at_ns) == ("cancelled", parse_instant(ELEVEN))
    assert state.confirmed_at_ns == parse_instant(NINE)


def test_a_group_that_was_deleted_and_created_again_is_new_since_then(replay: Tell) -> None:
    told = replay(
        [
            group("Created", entry("a1"), event_id="e3", at=ELEVEN),
            group_deleted(event_id="e2", at=TEN),
            group("Created", entry("a1"), event_id="e1", at=NINE),
        ]
    )

    state = told.group()

    assert (state.status, state.created_at_ns) == ("new", parse_instant(ELEVEN))
    assert state.deleted_at_ns == parse_instant(TEN)


def test_its_creation_of_before_its_deletion_revives_no_group_though_it_arrives_last(replay: Tell) -> None:
    told = replay([group_status(7, event_id="e2", at=TEN), group("Created", entry("a1"), event_id="e1", at=NINE)])

    assert (told.group().status, told.group().created_at_ns) == ("deleted", parse_instant(NINE))


def test_a_creation_without_a_time_of_its_own_revives_no_group(replay: Tell) -> None:
    told = replay([group_deleted(event_id="e1", at=NINE)])

    told.tell(group("Created", entry("a1"), event_id="e2", at=TEN)["data"], "AppointmentGroup.Created")

    assert told.group().status == "deleted"


def test_a_creation_that_is_told_again_takes_no_status_back(replay: Tell) -> None:
    told = replay([group("Created", event_id="e1", at=NINE), group_status(4, event_id="e2", at=TEN)])
    told.tell(group("Created", event_id="e3", at=ELEVEN))

    assert (told.group().status, told.group().created_at_ns) == ("confirmed", parse_instant(NINE))


def test_a_group_that_was_deleted_and_is_told_of_again_stays_deleted_with_what_was_told(replay: Tell) -> None:
    told = replay([group("Updated", entry("a1"), event_id="e2", at=TEN), group_deleted(event_id="e1", at=NINE)])

    state = told.group()

    assert (state.status, state.deleted_at_ns) == ("deleted", parse_instant(NINE))
    assert state.occurred_at_ns > state.deleted_at_ns
    assert state.appointment_ids == ("a1",)


def test_an_old_list_that_arrives_late_is_not_the_list(replay: Tell) -> None:
    told = replay(
        [group("Updated", entry("a2"), event_id="e2", at=TEN), group("Created", entry("a1"), event_id="e1", at=NINE)]
    )

    assert told.group().appointment_ids == ("a2",)


@pytest.mark.parametrize("appointments", [None, [{"id": ""}], [entry("a2"), "nothing"]])
def test_a_list_that_is_not_told_whole_is_no_list(replay: Tell, appointments: object) -> None:
    told = replay([group("Created", entry("a1"), event_id="e1", at=NINE)])
    told.tell(group("Updated", event_id="e2", at=TEN, appointments=appointments, utm_source="walk-in"))

    assert told.group().appointment_ids == ("a1",)
    assert told.group().utm_source == "walk-in"


def test_it_remembers_what_its_lists_named_beside_the_latest_one(replay: Tell) -> None:
    told = replay(
        [
            group("Updated", entry("a3"), event_id="e2", at=TEN),
            group("Updated", event_id="e3", at=ELEVEN, appointments=[entry("a4"), {"id": ""}]),
            group("Created", entry("a1"), entry("a2"), entry("a3"), event_id="e1", at=NINE),
        ]
    )

    assert (told.group().appointment_ids, told.group().also_listed) == (("a3",), ("a4", "a1", "a2"))


def test_an_empty_list_lists_nothing(replay: Tell) -> None:
    told = replay([group("Created", entry("a1"), event_id="e1", at=NINE), group("Updated", event_id="e2", at=TEN)])

    assert told.group().appointment_ids == ()


def test_null_does_not_erase_and_an_empty_text_does(replay: Tell) -> None:
    told = replay([group("Created", event_id="e1", at=NINE, rebooked_source_group_id="G0")])
    told.tell(group("Updated", event_id="e2", at=TEN, guest=None, utm_source=None, rebooked_source_group_id=None))
    assert (told.group().guest_id, told.group().utm_source) == (GUEST, "newsletter")
    assert told.group().rebooked_source_group_id == "g0"

    told.tell(group("Updated", event_id="e3", at=ELEVEN, guest={"id": ""}, utm_source="", rebooked_source_group_id=""))

    assert (told.group().guest_id, told.group().utm_source) == (None, None)
    assert told.group().rebooked_source_group_id is None


def test_a_feedback_rates_four_aspects_in_its_first_version() -> None:
    told = Replay()
    told.tell(aspects_data(), "Appointment.Feedback")

    state = told.group()

    assert (state.feedback_version, state.feedback_rating) == (1, UNSET)
    assert (state.feedback_rating_service, state.feedback_rating_therapist) == (3, 5)
    assert (state.feedback_rating_ambience, state.feedback_rating_cleanliness) == (1, 2)
    assert (state.feedback_recommendation, state.feedback_is_shared) == (True, True)
    assert state.status is None


def test_a_feedback_gives_one_rating_and_tags_in_its_second_version() -> None:
    told = Replay()
    told.tell(feedback_data(), "Appointment.Feedback")

    state = told.group()

    assert (state.feedback_version, state.feedback_rating, state.feedback_user_id) == (2, 3, GUEST)
    assert state.feedback_tags == (FeedbackTag(id="1", name="ambience"), FeedbackTag(id="2", name="check-in"))
    assert state.feedback_delivery_id == told.events[0].delivery_id
    assert state.feedback_at_ns == told.events[0].occurred_at_ns


@pytest.mark.parametrize("other", [feedback_data(rating_value=5), aspects_data(user_id="somebody else")])
def test_another_feedback_replaces_the_one_before_as_a_whole(replay: Tell, other: dict[str, object]) -> None:
    del other["source"]
    told = replay([feedback(aspects_data(), event_id="e1", at=NINE), feedback(other, event_id="e2", at=TEN)])

    alone = replay([feedback(other, event_id="e2", at=TEN)])

    for name in ("version", "rating", "rating_service", "tags", "recommendation", "source", "user_id", "at_ns"):
        assert getattr(told.group(), f"feedback_{name}") == getattr(alone.group(), f"feedback_{name}")


def test_one_feedback_told_again_completes_it_and_does_not_move_its_time_where_it_tells_nothing_new(
    replay: Tell,
) -> None:
    told = replay([feedback(feedback_data(), event_id="e1", at=NINE)])
    told.tell(feedback(feedback_data(rating_value=None), event_id="e2", at=TEN))
    assert (told.group().feedback_rating, told.group().feedback_at_ns) == (3, parse_instant(NINE))

    told.tell(feedback(feedback_data(rating_value=4, guest_feedback_tags=None), event_id="e3", at=ELEVEN))

    assert (told.group().feedback_rating, len(told.group().feedback_tags)) == (4, 2)
    assert told.group().feedback_at_ns == parse_instant(ELEVEN)


def test_its_history_tells_what_each_event_changed(replay: Tell) -> None:
    told = replay([group_status(99, event_id="e2", at=TEN), group("Created", event_id="e1", at=NINE)])

    created, changed = history(told.stream(Kind.APPOINTMENT_GROUP, GROUP))

    assert created.late
    assert created.changes["status"] == (None, "new")
    assert changed.changes["status"] == ("new", 99)
    assert "list_place" not in created.changes
