"""A registration: one guest's place in one class session, and what its events make of it."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, ClassVar, Final, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from daybook.domain.contradiction import Contradiction
from daybook.domain.events import Event, TimeBasis, ToldBool, ToldId, ToldInt
from daybook.domain.identity import Kind
from daybook.domain.telling import told_id, told_value

Status: TypeAlias = Literal[
    "booked", "waitlisted", "approved", "rejected", "cancelled", "deleted", "no_show", "unknown"
]

TAKES_A_PLACE: Final[tuple[Status, ...]] = ("booked", "approved", "no_show")
"""What a registration is that nobody else can have the place of, or whose place stayed empty."""
_ENDED: Final = frozenset({"cancelled", "deleted", "no_show"})
_ID_FIELDS: Final = (
    "guest_id",
    "center_id",
    "session_id",
    "class_id",
    "workshop_id",
    "track_id",
    "group_invoice_id",
    "recurrence_id",
)
_VALUE_FIELDS: Final = ("waitlist", "booking_source", "is_recurring")
_FIELDS: Final[tuple[tuple[str, Callable[[Any], Any]], ...]] = (
    *((name, told_id) for name in _ID_FIELDS),
    *((name, told_value) for name in _VALUE_FIELDS),
)
_values: Final = attrgetter(*_ID_FIELDS, *_VALUE_FIELDS)
_SIBLING_FIELDS: Final = frozenset(
    {"guest_id", "center_id", "class_id", "workshop_id", "recurrence_id", "is_recurring"}
)
"""What a registration takes over from another one of its series: never its session or its waitlist."""


class RegistrationEvent(Event, frozen=True, kw_only=True):
    """What every `Class.Booking.*` body can tell of one registration, as told (source: sample bodies)."""

    KIND: ClassVar[Kind] = Kind.REGISTRATION
    STATUS: ClassVar[Status]

    guest_id: ToldId = UNSET
    center_id: ToldId = UNSET
    session_id: ToldId = UNSET
    class_id: ToldId = UNSET
    workshop_id: ToldId = UNSET
    track_id: ToldId = UNSET
    group_invoice_id: ToldId = UNSET
    recurrence_id: ToldId = UNSET
    waitlist: ToldBool = UNSET
    booking_source: ToldInt = UNSET
    add_to_all: ToldInt = UNSET
    is_recurring: ToldBool = UNSET
    primary_registration_id: str | UnsetType = UNSET
    """In the role guest or recurrence: the registration that the body was about."""
    recurrence_registration_ids: tuple[str, ...] | UnsetType = UNSET
    guest_registration_ids: tuple[str, ...] | UnsetType = UNSET
    """In the role primary: the others that the body named."""


class Created(RegistrationEvent, frozen=True, kw_only=True):
    """A place was booked, or asked for on the waitlist."""

    TOPIC: ClassVar[str] = "daybook:Registration.Created"
    STATUS: ClassVar[Status] = "booked"


class Approved(RegistrationEvent, frozen=True, kw_only=True):
    """The center approved the registration."""

    TOPIC: ClassVar[str] = "daybook:Registration.Approved"
    STATUS: ClassVar[Status] = "approved"


class Rejected(RegistrationEvent, frozen=True, kw_only=True):
    """The center rejected the registration."""

    TOPIC: ClassVar[str] = "daybook:Registration.Rejected"
    STATUS: ClassVar[Status] = "rejected"


class Cancelled(RegistrationEvent, frozen=True, kw_only=True):
    """The registration was cancelled."""

    TOPIC: ClassVar[str] = "daybook:Registration.Cancelled"
    STATUS: ClassVar[Status] = "cancelled"


class Deleted(RegistrationEvent, frozen=True, kw_only=True):
    """The registration was deleted."""

    TOPIC: ClassVar[str] = "daybook:Registration.Deleted"
    STATUS: ClassVar[Status] = "deleted"


class NoShow(RegistrationEvent, frozen=True, kw_only=True):
    """The guest did not come."""

    TOPIC: ClassVar[str] = "daybook:Registration.NoShow"
    STATUS: ClassVar[Status] = "no_show"


class Withdrawn(RegistrationEvent, frozen=True, kw_only=True):
    """What a delivery was thought to tell of the registration, it does not tell; the fields are what is withdrawn."""

    TOPIC: ClassVar[str] = "daybook:Registration.Withdrawn"
    LEVEL: ClassVar[int] = 2
    STATUS: ClassVar[Status] = "unknown"
    WITHDRAWS: ClassVar[bool] = True


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a registration: the fold of its events in order of occurrence.

    `UNSET` is a field that nothing told; `None` one that was told to be none.
    """

    id: UUID
    source: str
    registration_id: str
    status: Status = "unknown"
    guest_id: ToldId = UNSET
    center_id: ToldId = UNSET
    session_id: ToldId = UNSET
    class_id: ToldId = UNSET
    workshop_id: ToldId = UNSET
    track_id: ToldId = UNSET
    waitlist: ToldBool = UNSET
    booking_source: ToldInt = UNSET
    group_invoice_id: ToldId = UNSET
    is_recurring: ToldBool = UNSET
    recurrence_id: ToldId = UNSET
    created_at_ns: int | None = None
    approved_at_ns: int | None = None
    rejected_at_ns: int | None = None
    cancelled_at_ns: int | None = None
    deleted_at_ns: int | None = None
    no_show_at_ns: int | None = None
    created_by_itself: bool = False
    """Whether `created_at_ns` is of a Created of its own, which a series or a host cannot override."""
    maybe_created: bool = False
    """Whether a Created named it of which nobody knows that it came too late to book it."""
    was_untimed: bool = False
    """Whether anything of it was told without a time of its own."""
    no_show_after_cancelled: Contradiction = Contradiction()
    occurred_at_ns: int = 0
    time_basis: TimeBasis = "event"
    recorded_at_ns: int = 0
    version: int = 0
    position: int = 0


def begin(event: RegistrationEvent) -> Registration:
    """The state before the first event."""
    return Registration(id=event.originator_id, source=event.source, registration_id=event.subject_id)


def evolve(state: Registration, event: RegistrationEvent) -> Registration:
    """The state after one more event; events come in order of occurrence, not of arrival."""
    changes: dict[str, Any] = {"occurred_at_ns": event.occurred_at_ns, "time_basis": event.time_basis}
    changes.update(_fields(state, event))
    if _moves_status(state, event):
        changes.update(_status(state, event))
    changes.update(_doubts(state, event))
    return msgspec.structs.replace(state, **changes)


def holds_place(state: Registration) -> bool:
    """Whether it takes a place of its session, also if what has no time of its own came in another order."""
    given_up = (state.cancelled_at_ns, state.rejected_at_ns, state.deleted_at_ns)
    is_sure = state.time_basis == "event" or all(at_ns is None for at_ns in given_up)
    return is_sure and state.status in TAKES_A_PLACE


def _fields(state: Registration, event: RegistrationEvent) -> dict[str, Any]:
    own, whole = event.role == "primary", event.role != "recurrence"
    told: dict[str, Any] = {}
    # Most events tell what is known; a rebuild comes through here for every event there ever was.
    for (name, meaning), value, before in zip(_FIELDS, _values(event), _values(state), strict=True):
        if value is None or value == before:
            continue
        meant = meaning(value)
        if meant is not UNSET and (own or (before is UNSET and (whole or name in _SIBLING_FIELDS))):
            told[name] = meant
    return told


def _moves_status(state: Registration, event: RegistrationEvent) -> bool:
    """The rules of the roles; that Cancelled, Deleted and NoShow reach the primary alone is a guess, made here only."""
    own = event.role == "primary"
    match event:
        case Created():
            return own or state.status == "unknown"
        case Approved() | Rejected():
            enveloped = event.time_basis == "event"
            return (own and enveloped) or state.status not in _ENDED
        case _:
            return own


def _status(state: Registration, event: RegistrationEvent) -> dict[str, Any]:
    own = event.role == "primary"
    status: Status = event.STATUS
    if isinstance(event, Created):
        if event.waitlist is True and event.role != "recurrence":
            status = "waitlisted"
        moved = status != state.status or (own and not state.created_by_itself)
        changes: dict[str, Any] = {"status": status, "created_by_itself": own or state.created_by_itself}
        return {**changes, "created_at_ns": event.occurred_at_ns} if moved else changes
    if status == state.status:
        return {}
    return {"status": status, f"{status}_at_ns": event.occurred_at_ns}


def _doubts(state: Registration, event: RegistrationEvent) -> dict[str, Any]:
    """What findings follow from, beside the status."""
    own = event.role == "primary"
    untimed = state.was_untimed or event.time_basis == "arrival"
    changes: dict[str, Any] = {"was_untimed": untimed}
    if isinstance(event, Created) and (untimed or event.occurred_at_ns == state.occurred_at_ns):
        changes["maybe_created"] = True
    match event:
        case Cancelled() if own:
            changes["no_show_after_cancelled"] = state.no_show_after_cancelled.ruled_out(event)
        case Created() | Approved() if own:
            changes["no_show_after_cancelled"] = state.no_show_after_cancelled.allowed(event)
        case NoShow() if own:
            changes["no_show_after_cancelled"] = state.no_show_after_cancelled.happened(event)
    return changes
