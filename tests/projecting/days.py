"""What is told in the examples of a law: some bodies about few subjects, and an empty book for each example."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.bodies import booking, entry, progress
from tests.projecting.book import Book

NAMES = ("registrations", "appointments", "history")
BOOKINGS = ("Created", "Approved", "Rejected", "Cancelled", "Deleted", "NoShow")
SUPPRESSED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
LAWS = settings(max_examples=15, deadline=None, suppress_health_check=SUPPRESSED)

Opened: TypeAlias = Callable[[], AbstractContextManager[Book]]


@st.composite
def days(draw: st.DrawFn) -> list[Any]:
    """Some bodies about few subjects, often at the same moment."""
    bodies: list[Any] = []
    for number in range(draw(st.integers(1, 12))):
        told = {"event_id": f"e{number}", "at": f"2026-01-01T10:00:0{draw(st.integers(0, 4))}Z"}
        subject = draw(st.integers(1, 3))
        if draw(st.booleans()):
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
            bodies.append(booking(draw(st.sampled_from(BOOKINGS)), subject, **told, **data))
        else:
            one = entry(f"a{subject}", appointment_progress=draw(st.sampled_from([0, 1, 2, None])))
            bodies.append(progress(draw(st.sampled_from(["Started", "Completed"])), one, **told))
    return bodies
