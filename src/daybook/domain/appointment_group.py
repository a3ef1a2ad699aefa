"""An appointment group: one visit of one guest, what became of it, and what it lists."""

from __future__ import annotations

from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from daybook.domain.contradiction import Contradiction
from daybook.domain.events import Event, TimeBasis, ToldBool, ToldId, ToldInt, ToldText
from daybook.domain.feedback import FeedbackTag, ToldTags, taken_over
from daybook.domain.group_status import Status, status_of
from daybook.domain.identity import Kind
from daybook.domain.occurrence import place
from daybook.domain.telling import told_id, told_value

CREATED_TYPE: Final = "AppointmentGroup.Created"
ALSO_LISTED_MAX: Final = 1_000
_DELETED_CODE: Final = 7
_ID_FIELDS: Final = ("organization_id", "center_id", "guest_id", "invoice_id", "rebooked_source_group_id")
_VALUE_FIELDS: Final = (
    "center_name",
    "invoice_number",
    "invoice_number_prefix",
    "receipt_number",
    "is_no_show_fee_required",
    "is_cancellation_fee_required",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
)


class AppointmentGroupEvent(Event, frozen=True, kw_only=True):
    """What any body about an appointment group can tell of it, as told."""

    KIND: ClassVar[Kind] = Kind.APPOINTMENT_GROUP
    LEVEL: ClassVar[int] = 3

    organization_id: ToldId = UNSET
    center_id: ToldId = UNSET
    invoice_id: ToldId = UNSET
    invoice_number: ToldText = UNSET


class Listed(AppointmentGroupEvent, frozen=True, kw_only=True):
    """The group as a whole was told: created or changed, with the list of its appointments (`Created`, `Updated`)."""

    TOPIC: ClassVar[str] = "daybook:AppointmentGroup.Listed"

    center_name: ToldText = UNSET
    guest_id: ToldId = UNSET
    invoice_number_prefix: ToldText = UNSET
    utm_source: ToldText = UNSET
    utm_medium: ToldText = UNSET
    utm_campaign: ToldText = UNSET
    utm_term: ToldText = UNSET
    utm_content: ToldText = UNSET
    rebooked_source_group_id: ToldId = UNSET
    appointment_ids: tuple[str, ...] | None | UnsetType = UNSET
    """As listed, each once; `()` where the list was empty."""
    appointments_nameless: int | UnsetType = UNSET
    """So many entries of the list named no appointment."""


class StatusChanged(AppointmentGroupEvent, frozen=True, kw_only=True):
    """What became of the visit, and what the guest owes for it (`Status`)."""

    TOPIC: ClassVar[str] = "daybook:AppointmentGroup.StatusChanged"

    status_code: ToldInt = UNSET
    receipt_number: ToldText = UNSET
    is_no_show_fee_required: ToldBool = UNSET
    is_cancellation_fee_required: ToldBool = UNSET


class Deleted(AppointmentGroupEvent, frozen=True, kw_only=True):
    """The group is gone (`Delete`)."""

    TOPIC: ClassVar[str] = "daybook:AppointmentGroup.Deleted"


class FeedbackGiven(AppointmentGroupEvent, frozen=True, kw_only=True):
    """How somebody rated the visit: four aspects in version 1, one rating and tags in version 2; never the words."""

    TOPIC: ClassVar[str] = "daybook:AppointmentGroup.FeedbackGiven"

    user_id: ToldId = UNSET
    feedback_version: ToldInt = UNSET
    rating: ToldInt = UNSET
    rating_service: ToldInt = UNSET
    rating_therapist: ToldInt = UNSET
    rating_ambience: ToldInt = UNSET
    rating_cleanliness: ToldInt = UNSET
    tags: ToldTags = UNSET
    recommendation: ToldBool = UNSET
    share_feedback: ToldBool = UNSET
    feedback_source: ToldInt = UNSET


class Withdrawn(AppointmentGroupEvent, frozen=True, kw_only=True):
    """What a delivery was thought to tell of the group, it does not tell."""

    TOPIC: ClassVar[str] = "daybook:AppointmentGroup.Withdrawn"
    WITHDRAWS: ClassVar[bool] = True


class AppointmentGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The state of an appointment group: the fold of its events in order of occurrence."""

    id: UUID
    source: str
    appointment_group_id: str
    status: Status | None = None
    """None where nothing told one; a number where nobody knows the code."""
    organization_id: ToldId = UNSET
    center_id: ToldId = UNSET
    center_name: ToldText = UNSET
    guest_id: ToldId = UNSET
    invoice_id: ToldId = UNSET
    invoice_number: ToldText = UNSET
    invoice_number_prefix: ToldText = UNSET
    receipt_number: ToldText = UNSET
    is_no_show_fee_required: ToldBool = UNSET
    is_cancellation_fee_required: ToldBool = UNSET
    utm_source: ToldText = UNSET
    utm_medium: ToldText = UNSET
    utm_campaign: ToldText = UNSET
    utm_term: ToldText = UNSET
    utm_content: ToldText = UNSET
    rebooked_source_group_id: ToldId = UNSET
    appointment_ids: tuple[str, ...] | UnsetType = UNSET
    """The latest list that was told whole; UNSET where none was."""
    created_at_ns: int | None = None
    confirmed_at_ns: int | None = None
    checked_in_at_ns: int | None = None
    closed_at_ns: int | None = None
    cancelled_at_ns: int | None = None
    no_show_at_ns: int | None = None
    void_at_ns: int | None = None
    voided_at_ns: int | None = None
    refunded_at_ns: int | None = None
    deleted_at_ns: int | None = None
    feedback_at_ns: int | None = None
    feedback_user_id: ToldId = UNSET
    feedback_version: ToldInt = UNSET
    feedback_rating: ToldInt = UNSET
    feedback_rating_service: ToldInt = UNSET
    feedback_rating_therapist: ToldInt = UNSET
    feedback_rating_ambience: ToldInt = UNSET
    feedback_rating_cleanliness: ToldInt = UNSET
    feedback_tags: tuple[FeedbackTag, ...] | UnsetType = UNSET
    feedback_recommendation: ToldBool = UNSET
    feedback_is_shared: ToldBool = UNSET
    feedback_source: ToldInt = UNSET
    feedback_delivery_id: UUID | None = None
    """In its body are the words of the last feedback."""
    also_listed: tuple[str, ...] = ()
    """What lists ever named and the latest whole one does not, the last named first; at most `ALSO_LISTED_MAX`."""
    list_place: str | None = None
    """Where the event that told the list stands in the order of occurrence."""
    unknown_status_at_ns: int | None = None
    """When a status was last told that Zenoti does not document."""
    after_deleted: Contradiction = Contradiction()
    occurred_at_ns: int = 0
    time_basis: TimeBasis = "event"
    recorded_at_ns: int = 0
    version: int = 0
    position: int = 0


def begin(event: AppointmentGroupEvent) -> AppointmentGroup:
    """The state before the first event."""
    return AppointmentGroup(id=event.originator_id, source=event.source, appointment_group_id=event.subject_id)


def evolve(state: AppointmentGroup, event: AppointmentGroupEvent) -> AppointmentGroup:
    """The state after one more event; events come in order of occurrence, not of arrival."""
    changes: dict[str, Any] = {"occurred_at_ns": event.occurred_at_ns, "time_basis": event.time_basis}
    told = {name: told_id(getattr(event, name, UNSET)) for name in _ID_FIELDS}
    told.update((name, told_value(getattr(event, name, UNSET))) for name in _VALUE_FIELDS)
    changes.update((name, value) for name, value in told.items() if value is not UNSET)
    match event:
        case Listed():
            changes.update(_listed(state, event))
        case StatusChanged(status_code=int(code)):
            changes.update(_status(state, event, code))
        case Deleted():
            changes.update(_status(state, event, _DELETED_CODE))
        case FeedbackGiven():
            changes.update(taken_over(state, event))
    changes["after_deleted"] = _after_deleted(state, event)
    return msgspec.structs.replace(state, **changes)


def _listed(state: AppointmentGroup, event: Listed) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if isinstance(event.appointment_ids, tuple):
        before = state.appointment_ids if isinstance(state.appointment_ids, tuple) else ()
        # A list with an entry that names nothing is not known as a whole, so it takes no appointment away.
        if not event.appointments_nameless:
            changes.update(appointment_ids=event.appointment_ids, list_place=place(event))
        ever = dict.fromkeys((*event.appointment_ids, *before, *state.also_listed))
        latest = frozenset(before if event.appointments_nameless else event.appointment_ids)
        changes["also_listed"] = tuple(one for one in ever if one not in latest)[:ALSO_LISTED_MAX]
    if event.zenoti_type == CREATED_TYPE:
        changes.update(_created(state, event))
    return changes


def _created(state: AppointmentGroup, event: Listed) -> dict[str, Any]:
    """Creation tells "new" where nothing told more, and of a group that was deleted before: it is there again.

    What has no time of its own revives nothing, it may have been told before the deletion.
    """
    restored = state.status == "deleted" and event.time_basis == "event"
    if restored or state.status is None:
        return {"status": "new", "created_at_ns": event.occurred_at_ns}
    return {"created_at_ns": event.occurred_at_ns} if state.created_at_ns is None else {}


def _status(state: AppointmentGroup, event: AppointmentGroupEvent, code: int) -> dict[str, Any]:
    status = status_of(code)
    changes: dict[str, Any] = {} if isinstance(status, str) else {"unknown_status_at_ns": event.occurred_at_ns}
    if status == state.status:
        return changes
    changes["status"] = status
    if f"{status}_at_ns" in AppointmentGroup.__struct_fields__:
        changes[f"{status}_at_ns"] = event.occurred_at_ns
    return changes


def _after_deleted(state: AppointmentGroup, event: AppointmentGroupEvent) -> Contradiction:
    """Deleted once more is no contradiction: `Delete` and a status can tell one deletion."""
    match event:
        case Deleted():
            return state.after_deleted.ruled_out(event)
        case StatusChanged() if event.status_code == _DELETED_CODE:
            return state.after_deleted.ruled_out(event)
        case Listed() if event.zenoti_type == CREATED_TYPE:
            return state.after_deleted.allowed(event)
        case FeedbackGiven():
            # Who was there may say so, whatever became of the entry in the book.
            return state.after_deleted
        case _:
            return state.after_deleted.happened(event)
