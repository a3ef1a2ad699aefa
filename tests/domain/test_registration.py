"""What a registration's events make of it: times, nulls and roles."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import UNSET

from daybook.domain.instants import parse_instant
from tests.bodies import GUEST, booking, booking_data
from tests.domain.conftest import Replay

Tell = Callable[..., Replay]


def test_a_cancel_that_arrives_before_its_booking_leaves_the_registration_cancelled(replay: Tell) -> None:
    told = replay(
        [
            booking("Cancelled", 11, event_id="e2", at="2026-03-01T10:00:00Z"),
            booking("Created", 11, event_id="e1", at="2026-03-01T09:00:00Z", waitlist=False),
        ]
    )

    state = told.registration("11")

    assert state.status == "cancelled"
    assert state.created_at_ns == parse_instant("2026-03-01T09:00:00Z")
    assert state.cancelled_at_ns == parse_instant("2026-03-01T10:00:00Z")


def test_a_null_does_not_erase_what_was_told_before(replay: Tell) -> None:
    told = replay(
        [
            booking("Created", 11, event_id="e1", at="2026-03-01T09:00:00Z", waitlist=True),
            booking("NoShow", 11, event_id="e2", at="2026-03-02T09:00:00Z", waitlist=None),
        ]
    )

    state = told.registration("11")

    assert state.status == "no_show"
    assert state.waitlist is True


def test_an_empty_text_and_an_id_of_none_are_told_to_be_none(replay: Tell) -> None:
    told = replay(
        [
            booking("Created", 11, event_id="e1", at="2026-03-01T09:00:00Z", track_id=5, group_invoice_id="ab"),
            booking("Approved", 11, event_id="e2", at="2026-03-02T09:00:00Z", track_id=-1, group_invoice_id=""),
        ]
    )

    state = told.registration("11")

    assert state.track_id is None
    assert state.group_invoice_id is None
    assert state.recurrence_id is UNSET


def test_a_registration_that_was_cancelled_and_then_marked_as_no_show_keeps_both_times(replay: Tell) -> None:
    told = replay(
        [
            booking("Created", 11, event_id="e1", at="2026-03-01T09:00:00Z"),
            booking("Cancelled", 11, event_id="e2", at="2026-03-01T10:00:00Z"),
            booking("NoShow", 11, event_id="e3", at="2026-03-02T10:00:00Z"),
        ]
    )

    state = told.registration("11")

    assert state.status == "no_show"
    assert state.cancelled_at_ns == parse_instant("2026-03-01T10:00:00Z")
    assert state.no_show_at_ns == parse_instant("2026-03-02T10:00:00Z")


def test_a_further_event_that_tells_the_same_state_does_not_move_its_time(replay: Tell) -> None:
    told = replay(
        [
            booking("Cancelled", 11, event_id="e1", at="2026-03-01T10:00:00Z"),
            booking("Cancelled", 11, event_id="e2", at="2026-03-01T11:00:00Z"),
        ]
    )

    state = told.registration("11")

    assert state.cancelled_at_ns == parse_instant("2026-03-01T10:00:00Z")
    assert state.occurred_at_ns == parse_instant("2026-03-01T11:00:00Z")


def test_a_series_that_is_extended_later_revives_no_sibling(replay: Tell) -> None:
    told = replay(
        [
            booking("Created", 1, event_id="e1", at="2026-03-01T09:00:00Z", recurrence_registration_ids=[2, 3]),
            booking("Cancelled", 2, event_id="e2", at="2026-03-02T09:00:00Z"),
            booking("NoShow", 3, event_id="e3", at="2026-03-03T09:00:00Z"),
            booking("Created", 4, event_id="e4", at="2026-03-04T09:00:00Z", recurrence_registration_ids=[1, 2, 3]),
            booking("Approved", 4, event_id="e5", at="2026-03-05T09:00:00Z", recurrence_registration_ids=[1, 2, 3]),
        ]
    )

    assert [told.registration(one).status for one in "1234"] == ["approved", "cancelled", "no_show", "approved"]


def test_a_cancel_of_one_of_a_series_reaches_that_one_alone(replay: Tell) -> None:
    told = replay(
        [
            booking("Created", 1, event_id="e1", at="2026-03-01T09:00:00Z", recurrence_registration_ids=[2]),
            booking("Cancelled", 1, event_id="e2", at="2026-03-02T09:00:00Z", recurrence_registration_ids=[2]),
        ]
    )

    assert told.registration("1").status == "cancelled"
    assert told.registration("2").status == "booked"


def test_a_sibling_takes_over_neither_session_nor_waitlist(replay: Tell) -> None:
    told = replay(
        [
            booking(
                "Created", 1, event_id="e1", at="2026-03-01T09:00:00Z", waitlist=True, recurrence_registration_ids=[2]
            )
        ]
    )

    sibling = told.registration("2")

    assert sibling.status == "booked"
    assert sibling.class_id == "701"
    assert sibling.guest_id == GUEST
    assert sibling.session_id is UNSET
    assert sibling.waitlist is UNSET


def test_a_guest_booked_along_takes_everything_but_has_a_guest_id_of_its_own(replay: Tell) -> None:
    along = [{"guest_id": "AB-9", "registration_id": 2, "first_name": "Sam"}]
    told = replay(
        [booking("Created", 1, event_id="e1", at="2026-03-01T09:00:00Z", waitlist=True, training_virtual_guests=along)]
    )

    guest = told.registration("2")

    assert guest.status == "waitlisted"
    assert guest.guest_id == "ab-9"
    assert guest.session_id == "900"


def test_a_guest_whose_guest_id_is_not_told_does_not_get_the_hosts(replay: Tell) -> None:
    told = replay([booking("Created", 1, event_id="e1", at="2026-03-01T09:00:00Z", guest_registration_ids=[2])])

    assert told.registration("2").guest_id is UNSET


def test_a_guest_who_was_moved_stays_there_when_the_hosts_booking_is_told_of_again(replay: Tell) -> None:
    along = [{"guest_id": "ab-9", "registration_id": 2}]
    told = replay(
        [
            booking("Created", 1, event_id="e1", at="2026-03-01T09:00:00Z", training_virtual_guests=along),
            booking("Approved", 2, event_id="e2", at="2026-03-02T09:00:00Z", session_id=901),
            booking("Approved", 1, event_id="e3", at="2026-03-03T09:00:00Z", training_virtual_guests=along),
        ]
    )

    assert told.registration("2").session_id == "901"


def test_its_own_created_sets_created_at_over_that_of_its_series(replay: Tell) -> None:
    told = replay(
        [
            booking("Created", 1, event_id="e1", at="2026-03-01T09:00:00Z", recurrence_registration_ids=[2]),
            booking("Created", 2, event_id="e2", at="2026-03-01T09:00:05Z", waitlist=False),
        ]
    )

    assert told.registration("2").created_at_ns == parse_instant("2026-03-01T09:00:05Z")


def test_one_registration_in_several_roles_makes_one_event_in_the_strongest(replay: Tell) -> None:
    along = [{"guest_id": "ab-9", "registration_id": 2}]
    told = replay(
        [
            booking(
                "Created",
                1,
                event_id="e1",
                at="2026-03-01T09:00:00Z",
                training_virtual_guests=along,
                recurrence_registration_ids=[1, 2, 3],
            )
        ]
    )

    assert [(event.subject_id, event.role) for event in told.events] == [
        ("1", "primary"),
        ("2", "guest"),
        ("3", "recurrence"),
    ]


def test_a_bare_approval_does_not_revive_what_has_ended() -> None:
    told = Replay()
    told.tell(booking("Cancelled", 1, event_id="e1", at="2020-03-01T09:00:00Z"))

    told.tell(booking_data(1), "Class.Booking.Approved")

    state = told.registration("1")
    assert state.status == "cancelled"
    assert state.time_basis == "arrival"


def test_an_enveloped_approval_after_a_cancel_approves(replay: Tell) -> None:
    told = replay(
        [
            booking("Cancelled", 1, event_id="e1", at="2026-03-01T09:00:00Z"),
            booking("Approved", 1, event_id="e2", at="2026-03-02T09:00:00Z"),
        ]
    )

    assert told.registration("1").status == "approved"
