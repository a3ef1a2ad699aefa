"""A class session: one class at one time, with so many places, and what its schedule's events make of it."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from daybook.domain.clock import ToldUnproven
from daybook.domain.events import Event, TimeBasis, ToldBool, ToldId, ToldInt, ToldText
from daybook.domain.identity import Kind
from daybook.domain.telling import told_count, told_id, told_value

Status: TypeAlias = Literal["scheduled", "cancelled", "deleted", "unknown"]

_ID_FIELDS: Final = ("center_id", "room_id", "recurrence_id")
_COUNT_FIELDS: Final = ("capacity", "web_capacity", "recurrence_frequency", "recurrence_count")
_VALUE_FIELDS: Final = (
    "class_name",
    "class_type",
    "start_time_unproven",
    "end_time_unproven",
    "duration_minutes",
    "show_in_catalog",
    "is_free_session",
    "is_recurring",
    "recurrence_type",
    "recurrence_weekdays",
    "recurrence_start_time_unproven",
    "recurrence_end_time_unproven",
)
_SIBLING_FIELDS: Final = frozenset(
    {
        "center_id",
        "class_name",
        "class_type",
        "capacity",
        "web_capacity",
        "duration_minutes",
        "is_free_session",
        "is_recurring",
        "recurrence_id",
        "recurrence_type",
        "recurrence_frequency",
        "recurrence_count",
        "recurrence_weekdays",
        "recurrence_start_time_unproven",
        "recurrence_end_time_unproven",
    }
)
"""What a session takes over from another one of its series: never its times or its room."""


class ClassSessionEvent(Event, frozen=True, kw_only=True):
    """What every `Class.Schedule.*` body can tell of one session, as told (source: sample bodies)."""

    KIND: ClassVar[Kind] = Kind.CLASS_SESSION
    LEVEL: ClassVar[int] = 3
    STATUS: ClassVar[Status]

    center_id: ToldId = UNSET
    class_name: ToldText = UNSET
    class_type: ToldInt = UNSET
    start_time_unproven: ToldUnproven = UNSET
    end_time_unproven: ToldUnproven = UNSET
    duration_minutes: ToldInt = UNSET
    room_id: ToldId = UNSET
    capacity: ToldInt = UNSET
    web_capacity: ToldInt = UNSET
    show_in_catalog: ToldBool = UNSET
    is_free_session: ToldBool = UNSET
    is_recurring: ToldBool = UNSET
    recurrence_id: ToldId = UNSET
    recurrence_type: ToldInt = UNSET
    recurrence_frequency: ToldInt = UNSET
    recurrence_count: ToldInt = UNSET
    recurrence_weekdays: ToldText = UNSET
    recurrence_start_time_unproven: ToldUnproven = UNSET
    recurrence_end_time_unproven: ToldUnproven = UNSET
    primary_session_id: str | UnsetType = UNSET
    """In the role recurrence: the session that the body was about."""
    recurrence_session_ids: tuple[str, ...] | UnsetType = UNSET
    """In the role primary: the other sessions of the series that the body named."""


class Created(ClassSessionEvent, frozen=True, kw_only=True):
    """The session was put on the schedule."""

    TOPIC: ClassVar[str] = "daybook:ClassSession.Created"
    STATUS: ClassVar[Status] = "scheduled"


class Updated(ClassSessionEvent, frozen=True, kw_only=True):
    """Something about the session was changed."""

    TOPIC: ClassVar[str] = "daybook:ClassSession.Updated"
    STATUS: ClassVar[Status] = "scheduled"


class Cancelled(ClassSessionEvent, frozen=True, kw_only=True):
    """The session does not take place."""

    TOPIC: ClassVar[str] = "daybook:ClassSession.Cancelled"
    STATUS: ClassVar[Status] = "cancelled"


class Deleted(ClassSessionEvent, frozen=True, kw_only=True):
    """The session was taken off the schedule."""

    TOPIC: ClassVar[str] = "daybook:ClassSession.Deleted"
    STATUS: ClassVar[Status] = "deleted"


class Withdrawn(ClassSessionEvent, frozen=True, kw_only=True):
    """What a delivery was thought to tell of the session, it does not tell; the fields are what is withdrawn."""

    TOPIC: ClassVar[str] = "daybook:ClassSession.Withdrawn"
    STATUS: ClassVar[Status] = "unknown"
    WITHDRAWS: ClassVar[bool] = True


class ClassSession(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a class session: the fold of its events in order of occurrence."""

    id: UUID
    source: str
    session_id: str
    status: Status = "unknown"
    center_id: ToldId = UNSET
    class_name: ToldText = UNSET
    class_type: ToldInt = UNSET
    start_time_unproven: ToldUnproven = UNSET
    end_time_unproven: ToldUnproven = UNSET
    duration_minutes: ToldInt = UNSET
    room_id: ToldId = UNSET
    capacity: ToldInt = UNSET
    web_capacity: ToldInt = UNSET
    show_in_catalog: ToldBool = UNSET
    is_free_session: ToldBool = UNSET
    is_recurring: ToldBool = UNSET
    recurrence_id: ToldId = UNSET
    recurrence_type: ToldInt = UNSET
    recurrence_frequency: ToldInt = UNSET
    recurrence_count: ToldInt = UNSET
    recurrence_weekdays: ToldText = UNSET
    recurrence_start_time_unproven: ToldUnproven = UNSET
    recurrence_end_time_unproven: ToldUnproven = UNSET
    created_at_ns: int | None = None
    cancelled_at_ns: int | None = None
    deleted_at_ns: int | None = None
    created_by_itself: bool = False
    """Whether `created_at_ns` is of a Created of its own, which a series cannot override."""
    occurred_at_ns: int = 0
    time_basis: TimeBasis = "event"
    recorded_at_ns: int = 0
    version: int = 0
    position: int = 0


def begin(event: ClassSessionEvent) -> ClassSession:
    """The state before the first event."""
    return ClassSession(id=event.originator_id, source=event.source, session_id=event.subject_id)


def evolve(state: ClassSession, event: ClassSessionEvent) -> ClassSession:
    """The state after one more event; events come in order of occurrence, not of arrival."""
    changes: dict[str, Any] = {"occurred_at_ns": event.occurred_at_ns, "time_basis": event.time_basis}
    changes.update(_fields(state, event))
    changes.update(_status(state, event))
    return msgspec.structs.replace(state, **changes)


def _fields(state: ClassSession, event: ClassSessionEvent) -> dict[str, Any]:
    told: dict[str, Any] = {name: told_id(getattr(event, name)) for name in _ID_FIELDS}
    told.update((name, told_count(getattr(event, name))) for name in _COUNT_FIELDS)
    told.update((name, told_value(getattr(event, name))) for name in _VALUE_FIELDS)
    own = event.role == "primary"
    return {
        name: value
        for name, value in told.items()
        if value is not UNSET and (own or (name in _SIBLING_FIELDS and getattr(state, name) is UNSET))
    }


def _status(state: ClassSession, event: ClassSessionEvent) -> dict[str, Any]:
    """A session's own events move it, an Updated only where nothing told a status; a sibling's Created does likewise.

    That Cancelled and Deleted reach the session alone and not its series is a guess, made here only.
    """
    own = event.role == "primary"
    if isinstance(event, Created):
        if not own and state.status != "unknown":
            return {}
        moved = state.status != "scheduled" or (own and not state.created_by_itself)
        changes = {"status": event.STATUS, "created_by_itself": own or state.created_by_itself}
        return {**changes, "created_at_ns": event.occurred_at_ns} if moved else changes
    if isinstance(event, Updated):
        return {"status": event.STATUS} if own and state.status == "unknown" else {}
    if not own or state.status == event.STATUS:
        return {}
    return {"status": event.STATUS, f"{event.STATUS}_at_ns": event.occurred_at_ns}
