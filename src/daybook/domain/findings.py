"""What cannot be right about one aggregate, by its own events alone: told, never corrected.

A finding mostly means that a webhook was missed, and goes by itself when that arrives late. What spans aggregates
(`capacity_exceeded`, and `after_deleted` where a deleted group's appointments were treated) is found when it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from daybook.domain.appointment import Appointment
from daybook.domain.appointment_group import AppointmentGroup
from daybook.domain.class_session import ClassSession
from daybook.domain.events import ToldId
from daybook.domain.identity import Kind
from daybook.domain.registration import Registration

Code: TypeAlias = Literal[
    "no_created",
    "no_show_after_cancelled",
    "capacity_exceeded",
    "completed_without_started",
    "started_after_completed",
    "appointment_without_group",
    "after_deleted",
    "unknown_status_code",
]
State: TypeAlias = Registration | ClassSession | Appointment | AppointmentGroup

KINDS: Final[Mapping[Code, Kind]] = MappingProxyType(
    {
        "no_created": Kind.REGISTRATION,
        "no_show_after_cancelled": Kind.REGISTRATION,
        "capacity_exceeded": Kind.CLASS_SESSION,
        "completed_without_started": Kind.APPOINTMENT,
        "started_after_completed": Kind.APPOINTMENT,
        "appointment_without_group": Kind.APPOINTMENT,
        "after_deleted": Kind.APPOINTMENT_GROUP,
        "unknown_status_code": Kind.APPOINTMENT_GROUP,
    }
)
"""What each code is about."""
SUGGESTS: Final[Mapping[Code, str]] = MappingProxyType(
    {
        "no_created": "Class.Booking.Created of this registration, or of the booking that it came with",
        "no_show_after_cancelled": "Class.Booking.Approved or Class.Booking.Created after it was cancelled",
        "capacity_exceeded": (
            "Class.Booking.Cancelled or Class.Booking.Deleted of somebody in the session,"
            " or Class.Schedule.Updated with more places"
        ),
        "completed_without_started": "Appointment.Started",
        "started_after_completed": "nothing perhaps: staff can reopen an appointment, which no webhook tells",
        "appointment_without_group": "AppointmentGroup.Created, or the AppointmentGroup.Updated that added it",
        "after_deleted": "AppointmentGroup.Created, by which a deleted group is there again",
        "unknown_status_code": "nothing: the code is one that Zenoti does not document",
    }
)
"""Which webhook was probably missed, in words."""


class Finding(NamedTuple):
    """One thing that cannot be right."""

    kind: Kind
    subject_id: str
    center_id: str | None
    code: Code
    occurred_at_ns: int
    """Of the event that cannot be right, or that shows it."""

    @property
    def suggests(self) -> str:
        """Which webhook was probably missed, in words."""
        # A read model by a newer version may find more than this code knows.
        return SUGGESTS.get(self.code, "")

    def row(self) -> dict[str, Any]:
        """As the tables of findings hold it."""
        return {**self._asdict(), "kind": self.kind.value}

    def told(self) -> dict[str, Any]:
        """As readers are told of it."""
        return {**self.row(), "suggests": self.suggests}


def findings_of(state: State) -> tuple[Finding, ...]:
    """What cannot be right in this state, each code at most once."""
    match state:
        case Registration():
            kind, subject_id, found = Kind.REGISTRATION, state.registration_id, _of_registration(state)
        case Appointment():
            kind, subject_id, found = Kind.APPOINTMENT, state.appointment_id, _of_appointment(state)
        case AppointmentGroup():
            kind, subject_id, found = Kind.APPOINTMENT_GROUP, state.appointment_group_id, _of_group(state)
        case _:
            return ()
    center_id = _told(state.center_id)
    return tuple(Finding(kind, subject_id, center_id, code, at_ns) for code, at_ns in found)


def _of_registration(state: Registration) -> Iterator[tuple[Code, int]]:
    if state.created_at_ns is None and not state.maybe_created:
        yield "no_created", state.occurred_at_ns
    if state.no_show_after_cancelled.at_ns is not None:
        yield "no_show_after_cancelled", state.no_show_after_cancelled.at_ns


def _of_appointment(state: Appointment) -> Iterator[tuple[Code, int]]:
    treated = [at_ns for at_ns in (state.started_at_ns, state.completed_at_ns) if at_ns is not None]
    if state.completed_at_ns is not None and not state.was_started:
        yield "completed_without_started", state.completed_at_ns
    if state.started_after_completed.at_ns is not None:
        yield "started_after_completed", state.started_after_completed.at_ns
    if treated and not state.was_listed:
        yield "appointment_without_group", min(treated)


def _of_group(state: AppointmentGroup) -> Iterator[tuple[Code, int]]:
    if state.after_deleted.at_ns is not None:
        yield "after_deleted", state.after_deleted.at_ns
    if state.unknown_status_at_ns is not None:
        yield "unknown_status_code", state.unknown_status_at_ns


def _told(value: ToldId) -> str | None:
    return value if isinstance(value, str) else None
