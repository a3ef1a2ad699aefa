"""What reads answer about registrations, appointments and their history: the fields of the API and their meaning."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from daybook.domain.appointment import Progress
from daybook.domain.class_session import Status as SessionStatus
from daybook.domain.events import Origin, Role, Signature, TimeBasis
from daybook.domain.findings import Code
from daybook.domain.registration import Status

Instant: TypeAlias = Annotated[
    str, Meta(description="RFC 3339 in UTC, to the nanosecond.", examples=["2022-03-22T12:39:20.6984376Z"])
]
Position: TypeAlias = Annotated[int, Meta(description="Place in the journal's one order.", examples=[42])]
Version: TypeAlias = Annotated[int, Meta(description="How many events the stream has.", examples=[3])]
WallClock: TypeAlias = Annotated[
    str, Meta(description="Wall clock at the center, as told, without a zone.", examples=["2022-03-22T09:00:00"])
]
UnprovenTime: TypeAlias = Annotated[
    str, Meta(description="UTC or wall clock at the center, as told.", examples=["2022-03-22T09:00:00"])
]
UnprovenBasis: TypeAlias = Annotated[
    Literal["unproven"], Meta(description="Whether a session's times are UTC or the center's, no body ever told.")
]
GroupStatus: TypeAlias = Annotated[
    str, Meta(description="A name, or the digits of a code that nobody knows.", examples=["confirmed"])
]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some items, of a kind that each page tells, and where the next ones begin."""

    items: list[Any]
    cursor: Annotated[str | None, Meta(description="Give it back to get the next page; null on the last.")]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that cannot be right: it mostly means that a webhook was missed."""

    code: Code
    occurred_at: Instant
    suggests: Annotated[str, Meta(description="What was probably missed, in words.")]


class SessionInBrief(msgspec.Struct, frozen=True, kw_only=True):
    """The class session that a registration is for. What was not told is null."""

    session_id: Annotated[str, Meta(examples=["1201"])]
    status: SessionStatus
    class_name: str | None = None
    start_time: UnprovenTime | None = None
    end_time: UnprovenTime | None = None
    start_time_basis: UnprovenBasis = "unproven"
    capacity: int | None = None


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """One guest's place in one class session. What was not told is null."""

    source: str
    registration_id: Annotated[str, Meta(examples=["43987"])]
    status: Status
    guest_id: str | None = None
    center_id: str | None = None
    session_id: str | None = None
    class_id: str | None = None
    workshop_id: str | None = None
    track_id: str | None = None
    waitlist: bool | None = None
    booking_source: int | None = None
    group_invoice_id: str | None = None
    is_recurring: bool | None = None
    recurrence_id: str | None = None
    created_at: Instant | None = None
    approved_at: Instant | None = None
    rejected_at: Instant | None = None
    cancelled_at: Instant | None = None
    deleted_at: Instant | None = None
    no_show_at: Instant | None = None
    session: Annotated[SessionInBrief | None, Meta(description="Null where nothing was told of it itself.")] = None
    occurred_at: Instant
    recorded_at: Instant
    time_basis: TimeBasis
    version: Version
    position: Position
    findings: list[Finding] = []


class FeedbackInBrief(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody rated the visit, never in which words."""

    given_at: Instant
    delivery_id: Annotated[str, Meta(description="In whose body the words are.")]
    version: int | None = None
    rating: int | None = None
    rating_service: int | None = None
    rating_therapist: int | None = None
    rating_ambience: int | None = None
    rating_cleanliness: int | None = None


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """One service at one time with one therapist. What was not told is null."""

    source: str
    appointment_id: str
    progress: Progress
    started_at: Instant | None = None
    completed_at: Instant | None = None
    appointment_group_id: str | None = None
    center_id: str | None = None
    invoice_id: str | None = None
    invoice_number: str | None = None
    invoice_item_id: str | None = None
    service_id: str | None = None
    service_name: str | None = None
    therapist_id: str | None = None
    therapist_name: str | None = None
    room_id: str | None = None
    room_name: str | None = None
    equipment_id: str | None = None
    equipment_name: str | None = None
    start_time: Instant | None = None
    end_time: Instant | None = None
    start_time_in_center: WallClock | None = None
    end_time_in_center: WallClock | None = None
    utc_offset_minutes: Annotated[
        int | None, Meta(description="What the center's clock was ahead of UTC, where both times were told.")
    ] = None
    service_duration_minutes: int | None = None
    has_add_ons: bool | None = None
    is_add_on: bool | None = None
    is_recurring: bool | None = None
    appointment_type: int | None = None
    therapist_request_type: int | None = None
    group_status: GroupStatus | None = None
    removed: Annotated[bool, Meta(description="Taken out of its group: the latest list does not name it.")] = False
    feedback: Annotated[FeedbackInBrief | None, Meta(description="That was given on its visit.")] = None
    occurred_at: Instant
    recorded_at: Instant
    time_basis: TimeBasis
    version: Version
    position: Position
    findings: list[Finding] = []


class Registrations(Page, frozen=True, kw_only=True):
    """A page of registrations."""

    items: list[Registration]


class Appointments(Page, frozen=True, kw_only=True):
    """A page of appointments."""

    items: list[Appointment]


class Change(msgspec.Struct, frozen=True, rename={"before": "from", "after": "to"}):
    """A field before and after an event; of a list of ids what was added and removed, neither for another order."""

    before: Any = UNSET
    after: Any = UNSET
    added: list[str] | UnsetType = UNSET
    removed: list[str] | UnsetType = UNSET


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One event of one aggregate, and what it changed there at its place in the order of occurrence."""

    kind: Annotated[str, Meta(description="What the event is about.", examples=["registration"])]
    subject_id: Annotated[str, Meta(description="And its id.", examples=["43987"])]
    position: Position
    version: Version
    type: Annotated[str, Meta(examples=["Registration.NoShow"])]
    zenoti_type: Annotated[str, Meta(examples=["Class.Booking.NoShow"])]
    event_id: str | None
    occurred_at: Instant
    recorded_at: Instant
    time_basis: TimeBasis
    role: Role
    late: Annotated[bool, Meta(description="Recorded after an event that occurred later.")]
    delay_s: Annotated[float, Meta(description="From occurrence to recording.")]
    changes: Annotated[dict[str, Change], Meta(description="By field of the state.")]
    delivery_id: str
    origin: Origin
    signature: Signature
    twin_of: Annotated[
        str | None, Meta(description="The delivery that told the same fact first; null where none did.")
    ] = None


class History(msgspec.Struct, frozen=True, kw_only=True):
    """All events of one aggregate, of an appointment also those of its groups, in order of occurrence."""

    items: list[HistoryEntry]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event, and only what it tells itself."""

    position: Position
    version: Version
    kind: Annotated[str, Meta(description="What the event is about.", examples=["registration"])]
    subject_id: Annotated[str, Meta(description="And its id.", examples=["43987"])]
    registration_id: str | None = None
    appointment_id: str | None = None
    appointment_group_id: str | None = None
    session_id: str | None = None
    guest_id: str | None = None
    center_id: str | None = None
    type: Annotated[str, Meta(examples=["Registration.NoShow"])]
    zenoti_type: Annotated[str, Meta(examples=["Class.Booking.NoShow"])]
    event_id: str | None
    occurred_at: Instant
    recorded_at: Instant
    time_basis: TimeBasis
    role: Role
    delay_s: Annotated[float, Meta(description="From occurrence to recording.")]
    delivery_id: str
    origin: Origin
    signature: Signature


class Events(Page, frozen=True, kw_only=True):
    """A page of events."""

    items: list[Event]


AnswerStatus: TypeAlias = Literal["recorded", "duplicate", "quarantined", "kept", "ping"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a delivery, as its webhook is told."""

    status: AnswerStatus
    delivery_id: str | None
    position: Annotated[int | None, Meta(description="Of the delivery's last event; null where there is none.")]
    detail: Annotated[str | None, Meta(description="Why, in words, without personal data.")]
