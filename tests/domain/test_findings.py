"""What cannot be right about one aggregate, and what only looks like it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from daybook.domain.events import Event
from daybook.domain.findings import KINDS, SUGGESTS, findings_of
from daybook.domain.fold import fold
from daybook.domain.instants import parse_instant
from daybook.zenoti.translate import Told, translate
from tests.bodies import (
    GROUP,
    booking,
    booking_data,
    entry,
    feedback,
    feedback_data,
    group,
    group_deleted,
    group_status,
    progress,
    progress_data,
    schedule,
    sent,
)

DAY = "2026-03-02T"
Body = tuple[Any, str | None, int]
"""What is sent, the type in its URL, and when it arrives."""


def at(minute: int, body: Any, **told: Any) -> Body:  # noqa: ANN401  a function of tests.bodies and what it takes
    """An enveloped body that tells what happened in that minute."""
    time = f"{DAY}10:{minute:02}:00Z"
    return body(event_id=f"e{minute}", at=time, **told), None, parse_instant(time)


def bare(minute: int, event_type: str, data: Any) -> Body:  # noqa: ANN401  any data
    """A body without an envelope that arrives in that minute."""
    return data, event_type, parse_instant(f"{DAY}10:{minute:02}:00Z")


def found(*bodies: Body) -> list[tuple[str, str]]:
    """Code and subject of all findings about what these bodies tell, in whatever order they arrive."""
    streams: dict[UUID, list[Event]] = {}
    for number, (body, url_type, arrived_at_ns) in enumerate(bodies):
        told = Told("main", url_type, sent(body), arrived_at_ns, UUID(int=number + 1), "webhook", "verified")
        for event in translate(told).events:
            stream = streams.setdefault(event.originator_id, [])
            stream.append(replace(event, originator_version=len(stream) + 1, position=number + 1, recorded_at_ns=0))
    return sorted(_found(streams.values()))


def _found(streams: Iterable[list[Event]]) -> Iterable[tuple[str, str]]:
    for events in streams:
        yield from ((finding.code, finding.subject_id) for finding in findings_of(fold(events)))


# ── Registrations


def created(**told: Any) -> dict[str, Any]:  # noqa: ANN401  any key of the body
    return booking("Created", 1, **told)


def cancelled(**told: Any) -> dict[str, Any]:  # noqa: ANN401
    return booking("Cancelled", 1, **told)


def approved(**told: Any) -> dict[str, Any]:  # noqa: ANN401
    return booking("Approved", 1, **told)


def no_show(**told: Any) -> dict[str, Any]:  # noqa: ANN401
    return booking("NoShow", 1, **told)


def test_a_registration_that_nothing_created_is_found_until_its_creation_arrives_late() -> None:
    assert found(at(3, no_show)) == [("no_created", "1")]
    assert found(at(3, no_show), at(1, created)) == []


def test_all_that_a_booking_names_is_created_by_it_and_what_another_names_is_not() -> None:
    series = {"recurrence_registration_ids": [2, 3], "guest_registration_ids": [4]}

    assert found(at(1, created, **series)) == []
    assert found(at(1, cancelled, **series)) == [("no_created", one) for one in "1234"]


def test_a_series_that_is_extended_does_not_create_what_something_became_of_before() -> None:
    extended = {"recurrence_registration_ids": [2]}

    assert found(at(1, lambda **told: booking("Cancelled", 2, **told)), at(2, created, **extended)) == [
        ("no_created", "2")
    ]


def test_where_one_of_both_has_no_time_the_creation_may_have_come_before_everything() -> None:
    extended = booking_data(1, recurrence_registration_ids=[2])
    other = at(1, lambda **told: booking("Cancelled", 2, **told))
    without_time = bare(1, "Class.Booking.Approved", booking_data(2))

    assert found(other, bare(2, "Class.Booking.Created", extended)) == []
    assert found(without_time, at(2, created, recurrence_registration_ids=[2])) == []
    assert found(without_time) == [("no_created", "2")]


def test_a_creation_at_the_very_moment_of_what_followed_may_have_come_before_it() -> None:
    time = f"{DAY}10:00:00Z"
    other = booking("Approved", 2, event_id="e0", at=time)
    host = booking("Created", 1, event_id="e1", at=time, guest_registration_ids=[2])

    assert found((other, None, 0), (host, None, 0)) == []


def test_who_cancelled_cannot_stay_away_unless_approved_or_booked_again() -> None:
    assert found(at(1, created), at(2, cancelled), at(4, no_show)) == [("no_show_after_cancelled", "1")]
    assert found(at(1, created), at(2, cancelled), at(3, approved), at(4, no_show)) == []
    assert found(at(1, created), at(2, cancelled), at(3, created), at(4, no_show)) == []
    assert found(at(1, created), at(3, no_show), at(4, cancelled)) == []


def test_neither_a_rejection_nor_a_deletion_brings_back_who_cancelled() -> None:
    for what in ("Rejected", "Deleted"):
        between = at(3, lambda what=what, **told: booking(what, 1, **told))

        assert found(at(1, created), at(2, cancelled), between, at(4, no_show)) == [("no_show_after_cancelled", "1")]


def test_that_someone_stayed_away_after_cancelling_is_found_though_more_is_told_later() -> None:
    told = [at(1, created), at(2, cancelled), at(3, no_show), at(4, approved)]

    assert found(*told) == [("no_show_after_cancelled", "1")]


@pytest.mark.parametrize("minute", [1, 3, 5])
def test_an_approval_without_a_time_may_have_brought_back_who_cancelled(minute: int) -> None:
    told = [at(0, created), at(2, cancelled), at(4, no_show)]

    assert found(*told, bare(minute, "Class.Booking.Approved", booking_data(1))) == []


@pytest.mark.parametrize("what", ["Cancelled", "NoShow"])
def test_what_has_no_time_came_in_no_order_that_could_be_wrong(what: str) -> None:
    told = {"Cancelled": at(2, cancelled), "NoShow": at(4, no_show)}
    without_time = {"Cancelled": 2, "NoShow": 4}

    del told[what]

    assert (
        found(at(1, created), *told.values(), bare(without_time[what], f"Class.Booking.{what}", booking_data(1))) == []
    )


# ── Appointments


def listed(**told: Any) -> dict[str, Any]:  # noqa: ANN401
    return group("Created", entry("a1"), **told)


def updated(**told: Any) -> dict[str, Any]:  # noqa: ANN401
    return group("Updated", entry("a1"), **told)


def shown(code: int) -> Any:  # noqa: ANN401  a function as those of tests.bodies
    """A webhook that lists the appointment with this progress."""
    return lambda **told: progress("Started", entry("a1", appointment_progress=code), **told)


def test_what_was_completed_must_have_been_started() -> None:
    assert found(at(0, listed), at(2, shown(2))) == [("completed_without_started", "a1")]
    assert found(at(0, listed), at(2, shown(2)), at(1, shown(1))) == []


def test_what_was_completed_and_is_started_later_is_found_unless_it_was_reopened_between() -> None:
    assert found(at(0, listed), at(1, shown(1)), at(2, shown(2)), at(4, shown(1))) == [
        ("started_after_completed", "a1")
    ]
    assert found(at(0, listed), at(1, shown(1)), at(2, shown(2)), at(3, shown(0)), at(4, shown(1))) == []


def test_of_a_start_and_an_end_at_one_moment_nobody_knows_which_came_first() -> None:
    time = f"{DAY}10:00:00Z"
    end, start = (
        progress("Started", entry("a1", appointment_progress=code), event_id=f"e{2 - code}", at=time) for code in (2, 1)
    )

    assert found(at(0, listed), (end, None, 0), (start, None, 0)) == []


@pytest.mark.parametrize("code", [1, 2])
@pytest.mark.parametrize("minute", [1, 3])
def test_a_start_or_an_end_without_a_time_raises_no_doubt_about_their_order(code: int, minute: int) -> None:
    data = progress_data(entry("a1", appointment_progress=code))

    assert found(at(0, listed), at(2, shown(3 - code)), bare(minute, "Appointment.Started", data)) == []


@pytest.mark.parametrize("minute", [0, 3, 5])
def test_a_reopening_without_a_time_may_explain_a_start_after_the_end(minute: int) -> None:
    told = [at(0, listed), at(1, shown(1)), at(2, shown(2)), at(4, shown(1))]

    assert found(*told, bare(minute, "Appointment.Started", progress_data(entry("a1", appointment_progress=0)))) == []


def test_an_appointment_that_was_treated_must_have_been_listed_by_its_group_once() -> None:
    assert found(at(1, shown(1))) == [("appointment_without_group", "a1")]
    assert found(at(1, shown(1)), at(2, updated)) == []
    assert found(at(0, listed), at(1, lambda **told: group("Updated", **told)), at(2, shown(1))) == []
    assert found(at(1, shown(0))) == []


def test_a_group_of_which_only_the_status_was_told_has_listed_nothing() -> None:
    status = at(0, lambda **told: group_status(4, **told))

    assert found(status, at(1, shown(1))) == [("appointment_without_group", "a1")]


# ── Groups


def deleted(**told: Any) -> dict[str, Any]:  # noqa: ANN401
    return group_deleted(**told)


def checked_in(**told: Any) -> dict[str, Any]:  # noqa: ANN401
    return group_status(2, **told)


def test_nothing_can_happen_to_a_group_that_was_deleted_unless_it_was_created_again() -> None:
    for after in (at(3, checked_in), at(3, updated)):
        assert found(at(0, listed), at(1, deleted), after) == [("after_deleted", GROUP)]
        assert found(at(0, listed), at(1, deleted), after, at(2, listed)) == []
    assert found(at(0, listed), at(1, checked_in), at(2, deleted)) == []


def test_a_guest_may_rate_a_visit_that_was_deleted() -> None:
    comment = at(3, lambda **told: feedback(feedback_data(appointment_group_id=GROUP), **told))

    assert found(at(0, listed), at(1, deleted), comment) == []
    assert found(at(0, listed), at(1, deleted), comment, at(4, checked_in)) == [("after_deleted", GROUP)]


def test_a_status_deletes_too_and_one_deletion_may_be_told_in_both_ways() -> None:
    by_status = at(2, lambda **told: group_status(7, **told))

    assert found(at(0, listed), at(1, deleted), by_status) == []
    assert found(at(0, listed), by_status, at(3, deleted)) == []
    assert found(at(0, listed), by_status, at(3, checked_in)) == [("after_deleted", GROUP)]


def test_a_group_that_was_created_again_too_late_was_deleted_before() -> None:
    told = [at(0, listed), at(1, deleted), at(2, checked_in), at(3, listed)]

    assert found(*told) == [("after_deleted", GROUP)]


def test_a_deletion_or_a_status_without_a_time_came_after_nothing() -> None:
    gone = bare(1, "AppointmentGroup.Delete", {"appointment_group_id": GROUP})
    status = bare(3, "AppointmentGroup.Status", {"appointment_group_id": GROUP, "appointment_group_status": 2})

    assert found(at(0, listed), gone, at(3, checked_in)) == []
    assert found(at(0, listed), at(1, deleted), status) == []


def test_a_status_that_nobody_documents_stays_found_though_others_follow() -> None:
    unknown = at(1, lambda **told: group_status(99, **told))

    assert found(at(0, listed), unknown, at(2, checked_in)) == [("unknown_status_code", GROUP)]


# ── All of them


def test_a_class_session_alone_is_always_right() -> None:
    assert found(at(1, lambda **told: schedule("Deleted", 900, **told))) == []


def test_every_code_says_what_it_is_about_and_what_it_suggests() -> None:
    assert set(SUGGESTS) == set(KINDS)


def test_a_finding_tells_where_and_when() -> None:
    body = cancelled(event_id="e1", at=f"{DAY}10:00:00Z", center_id="C-1")
    (event,) = translate(Told("main", None, sent(body), 0, UUID(int=1), "webhook", "verified")).events

    (finding,) = findings_of(fold([replace(event, originator_version=1, position=1, recorded_at_ns=0)]))

    assert (finding.center_id, finding.occurred_at_ns) == ("c-1", parse_instant(f"{DAY}10:00:00Z"))
    assert finding.suggests.startswith("Class.Booking.Created")


TOLD = [
    *(at(minute, lambda what=what, **told: booking(what, 1, recurrence_registration_ids=[2], **told))
      for minute, what in enumerate(("Created", "Cancelled", "Approved", "NoShow"), start=1)),
    bare(3, "Class.Booking.Approved", booking_data(1)),
    *(at(minute, shown(code)) for minute, code in ((11, 1), (12, 2), (13, 0), (14, 1))),
    bare(13, "Appointment.Started", progress_data(entry("a1", appointment_progress=0))),
    *(at(minute, body) for minute, body in enumerate((listed, deleted, checked_in, listed, updated), start=20)),
]  # fmt: skip


@given(st.data())
def test_what_is_found_depends_on_no_order_of_arrival(data: st.DataObject) -> None:
    told = data.draw(st.lists(st.sampled_from(TOLD), min_size=1, unique_by=id))

    assert found(*data.draw(st.permutations(told))) == found(*told)
