"""What reads answer about what spans aggregates: a visit, and a session with its roster. Free of the web framework."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from daybook.domain.class_session import Status as SessionStatus
from daybook.domain.events import TimeBasis
from daybook.reading.histories import Entry
from daybook.reading.rosters import Roster
from daybook.reading.visits import Visit as FoundVisit
from daybook.web import shaping
from daybook.web.shapes import (
    Appointment,
    FeedbackInBrief,
    Finding,
    GroupStatus,
    HistoryEntry,
    Instant,
    Position,
    Registration,
    UnprovenBasis,
    UnprovenTime,
    Version,
)
from daybook.zenoti.feedback import comments

_STATUSES: Final = ("booked", "waitlisted", "approved", "rejected", "cancelled", "deleted", "no_show", "unknown")
_SESSION_TIMES: Final = ("start_time", "end_time", "recurrence_start_time", "recurrence_end_time")
_PROGRESS: Final = ("not_started", "started", "completed")


class FeedbackTag(msgspec.Struct, frozen=True, kw_only=True):
    """One of the words that a business offers its guests to choose from."""

    id: str | None
    name: str | None


class Feedback(FeedbackInBrief, frozen=True, kw_only=True):
    """The same with all that was told, but for the words: `visits/{appointment_group_id}/feedback` has them."""

    user_id: str | None = None
    tags: list[FeedbackTag] = []  # noqa: RUF012  msgspec copies it
    recommendation: bool | None = None
    is_shared: bool | None = None
    source: int | None = None


class FeedbackInWords(Feedback, frozen=True, kw_only=True):
    """A feedback with what the guest wrote, which no read model holds: personal data."""

    comments: Annotated[
        str | None,
        Meta(description="Read from the body of the delivery just now; null where nothing was written."),
    ]
    body_kept: Annotated[bool, Meta(description="False where that body was erased, and the words with it.")]


class AppointmentOfVisit(Appointment, frozen=True, kw_only=True):
    """An appointment as a visit shows it that it belongs to, or once belonged to."""

    moved_to: Annotated[
        str | None, Meta(description="The group that it is in now; null where that is still this one.")
    ] = None


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One visit of one guest: a group with its appointments. What was not told is null."""

    source: str
    appointment_group_id: str
    status: GroupStatus | None = None
    organization_id: str | None = None
    center_id: str | None = None
    center_name: str | None = None
    guest_id: str | None = None
    invoice_id: str | None = None
    invoice_number: str | None = None
    invoice_number_prefix: str | None = None
    receipt_number: str | None = None
    is_no_show_fee_required: bool | None = None
    is_cancellation_fee_required: bool | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    rebooked_from: Annotated[str | None, Meta(description="The group that this one replaces.")] = None
    rebooked_as: Annotated[list[str], Meta(description="The groups that replace this one.")] = []
    created_at: Instant | None = None
    confirmed_at: Instant | None = None
    checked_in_at: Instant | None = None
    closed_at: Instant | None = None
    cancelled_at: Instant | None = None
    no_show_at: Instant | None = None
    void_at: Instant | None = None
    voided_at: Instant | None = None
    refunded_at: Instant | None = None
    deleted_at: Instant | None = None
    feedback: Feedback | None = None
    progress: Annotated[
        dict[str, int], Meta(description="Of the appointments that were not removed and did not move, how many.")
    ]
    appointments: Annotated[
        list[AppointmentOfVisit],
        Meta(description="By their start, with those that were removed, or are in another group now."),
    ]
    is_complete: Annotated[
        bool, Meta(description="False where there are more appointments or more of `rebooked_as` than are shown.")
    ]
    occurred_at: Instant | None = None
    recorded_at: Instant | None = None
    time_basis: TimeBasis | None = None
    version: Version = 0
    position: Position | None = None
    findings: list[Finding] = []
    history: Annotated[list[HistoryEntry], Meta(description="Of the group and its appointments, interleaved.")]


class RosterCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many registrations for a session are what, and how many places they take."""

    booked: int
    waitlisted: int
    approved: int
    rejected: int
    cancelled: int
    deleted: int
    no_show: int
    unknown: int
    taken: Annotated[int, Meta(description="Booked, approved, or did not come.")]
    capacity: int | None
    free: Annotated[
        int | None,
        Meta(description="Below zero where more are taken than there are; null where the capacity is not told, or 0."),
    ]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One class session, its roster in figures, and a page of its registrations. What was not told is null."""

    source: str
    session_id: str
    status: SessionStatus = "unknown"
    center_id: str | None = None
    class_name: str | None = None
    class_type: int | None = None
    start_time: UnprovenTime | None = None
    end_time: UnprovenTime | None = None
    start_time_basis: UnprovenBasis = "unproven"
    duration_minutes: int | None = None
    room_id: str | None = None
    capacity: int | None = None
    web_capacity: int | None = None
    show_in_catalog: bool | None = None
    is_free_session: bool | None = None
    is_recurring: bool | None = None
    recurrence_id: str | None = None
    recurrence_type: int | None = None
    recurrence_frequency: int | None = None
    recurrence_count: int | None = None
    recurrence_weekdays: str | None = None
    recurrence_start_time: UnprovenTime | None = None
    recurrence_end_time: UnprovenTime | None = None
    created_at: Instant | None = None
    cancelled_at: Instant | None = None
    deleted_at: Instant | None = None
    occurred_at: Instant | None = None
    recorded_at: Instant | None = None
    time_basis: TimeBasis | None = None
    version: Version = 0
    position: Position | None = None
    findings: list[Finding]
    roster: RosterCounts
    items: Annotated[list[Registration], Meta(description="Newest `occurred_at` first.")]
    cursor: Annotated[str | None, Meta(description="Give it back to get more of them; null on the last page.")]


def visit(source: str, group_id: str, found: FoundVisit, history: Iterable[Entry]) -> Visit:
    """A visit as the API tells it."""
    group = found.group or {}
    shown = [shaping.shape(AppointmentOfVisit, row, **shaping.beside(row)) for row in found.appointments]
    counted = Counter(one.progress for one in shown if not one.removed and one.moved_to is None)
    return shaping.shape(
        Visit,
        group,
        source=source,
        appointment_group_id=group_id,
        rebooked_from=group.get("rebooked_source_group_id"),
        rebooked_as=found.rebooked_as,
        feedback=feedback(group),
        progress={progress: counted[progress] for progress in _PROGRESS},
        appointments=shown,
        is_complete=found.is_complete,
        findings=shaping.findings(found.findings),
        history=[shaping.history_entry(entry.told, entry.twin_of) for entry in history],
    )


def session(
    source: str, session_id: str, found: Roster, registrations: Sequence[Mapping[str, Any]], cursor: str | None
) -> Session:
    """A session as the API tells it, with these of its registrations."""
    row = found.session or {}
    capacity = row.get("capacity")
    return shaping.shape(
        Session,
        row,
        **shaping.session_times(row, _SESSION_TIMES),
        source=source,
        session_id=session_id,
        findings=shaping.findings(found.findings),
        roster=RosterCounts(
            **{status: found.counts.get(status, 0) for status in _STATUSES},
            taken=found.taken,
            capacity=capacity,
            free=capacity - found.taken if capacity else None,
        ),
        items=[shaping.registration(one) for one in registrations],
        cursor=cursor,
    )


def feedback(group: Mapping[str, Any]) -> Feedback | None:
    """What was given on a visit, from the row of its group; None where nothing was."""
    tags = group.get("feedback_tags") or "[]"
    return shaping.feedback(group, Feedback, tags=msgspec.json.decode(tags, type=list[FeedbackTag]))


def feedback_in_words(told: Feedback, body: bytes | None) -> FeedbackInWords:
    """The same with what the guest wrote, from the body that brought it; None where that was erased."""
    written = None if body is None else comments(body)
    return FeedbackInWords(
        **{field: getattr(told, field) for field in told.__struct_fields__},
        comments=written,
        body_kept=body is not None,
    )
