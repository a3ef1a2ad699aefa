"""What is told in the examples of a law: some bodies about few subjects, and an empty book for each example."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

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
from tests.projecting.book import Book

NAMES = ("registrations", "appointments", "history")
BOOKINGS = ("Created", "Approved", "Rejected", "Cancelled", "Deleted", "NoShow")
SUPPRESSED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
LAWS = settings(max_examples=8, deadline=None, suppress_health_check=SUPPRESSED)

Opened: TypeAlias = Callable[[], AbstractContextManager[Book]]


_PROGRESS = st.sampled_from([0, 1, 2, None])
_GROUPS = st.sampled_from([GROUP, "g2"])


@st.composite
def days(draw: st.DrawFn) -> list[Any]:
    """Some bodies about few subjects, often at the same moment."""
    bodies: list[Any] = []
    for number in range(draw(st.integers(1, 12))):
        told = {"event_id": f"e{number}", "at": f"2026-01-01T10:00:0{draw(st.integers(0, 4))}Z"}
        bodies.append(
            draw(st.sampled_from([_booking, _booking, _progress, _progress, _listed, _of_group, _schedule]))(draw, told)
        )
    return bodies


def _booking(draw: st.DrawFn, told: dict[str, str]) -> dict[str, Any]:
    data: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "waitlist": st.sampled_from([True, False, None]),
                "session_id": st.sampled_from([900, 901, -1, None]),
                "guest_id": st.sampled_from(["g1", "G2", "", None]),
                "recurrence_registration_ids": st.just([1, 2, 3]),
            },
        )
    )
    return booking(draw(st.sampled_from(BOOKINGS)), draw(st.integers(1, 3)), **told, **data)


def _entry(draw: st.DrawFn) -> dict[str, Any]:
    at_center = draw(st.sampled_from([{}, {"start_time_in_center": "2026-03-02T09:00:00"}]))
    return entry(f"a{draw(st.integers(1, 3))}", appointment_progress=draw(_PROGRESS), **at_center)


def _progress(draw: st.DrawFn, told: dict[str, str]) -> dict[str, Any]:
    what = draw(st.sampled_from(["Started", "Completed"]))
    return progress(what, _entry(draw), appointment_group_id=draw(_GROUPS), **told)


def _listed(draw: st.DrawFn, told: dict[str, str]) -> dict[str, Any]:
    listed = draw(st.sampled_from([None, [], [_entry(draw)], [_entry(draw), _entry(draw)]]))
    data = {"appointments": listed, "rebooked_source_group_id": draw(_GROUPS), "appointment_group_id": draw(_GROUPS)}
    return group(draw(st.sampled_from(["Created", "Updated"])), **told, **data)


def _of_group(draw: st.DrawFn, told: dict[str, str]) -> dict[str, Any]:
    group_id = draw(_GROUPS)
    match draw(st.sampled_from(["status", "deleted", "feedback", "aspects"])):
        case "status":
            return group_status(draw(st.sampled_from([-1, 1, 2, 7, 99])), appointment_group_id=group_id, **told)
        case "deleted":
            return group_deleted(group_id, **told)
        case "feedback":
            return feedback(feedback_data(appointment_group_id=group_id), **told)
        case _:
            return feedback(aspects_data(appointment_group_id=group_id), **told)


def _schedule(draw: st.DrawFn, told: dict[str, str]) -> dict[str, Any]:
    data: dict[str, Any] = {"capacity": draw(st.sampled_from([1, 10, -1, None])), "recurrence_session_ids": [900, 901]}
    what = draw(st.sampled_from(["Created", "Updated", "Cancelled", "Deleted"]))
    return schedule(what, draw(st.sampled_from([900, 901])), **told, **data)
