"""The current state of every appointment and every appointment group, and what cannot be right about them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import UNSET

from daybook.domain.appointment import Appointment
from daybook.domain.appointment_group import AppointmentGroup
from daybook.domain.clock import date_in_center
from daybook.domain.feedback import FeedbackTag
from daybook.domain.findings import State, findings_of
from daybook.domain.fold import facts
from daybook.domain.identity import Kind
from daybook.domain.instants import format_instant, parse_instant
from daybook.errors import InvalidInstantError
from daybook.projecting.projection import Row, StateProjection

from .tables import APPOINTMENTS, FINDINGS, GROUPS, NAME, VERSION


def appointment_rows(state: Appointment) -> Iterable[Row]:
    """One row with what the state tells, and its findings."""
    told = facts(state)
    times = {"start_time": _utc(told.pop("start_time_utc")), "end_time": _utc(told.pop("end_time_utc"))}
    offset = state.utc_offset
    start = times["start_time"]
    yield (
        APPOINTMENTS,
        {
            **told,
            **times,
            "place": state.place,
            "start_at_ns": None if start is None else parse_instant(start),
            "day_in_center": date_in_center(state.start_time_in_center),
            "utc_offset_at_ns": offset and offset.at_ns,
            "utc_offset_minutes": offset and offset.minutes,
        },
    )
    yield from _findings(state)


def group_rows(state: AppointmentGroup) -> Iterable[Row]:
    """One row with what the state tells, and its findings."""
    told = facts(state)
    ids, tags, delivery_id = state.appointment_ids, state.feedback_tags, state.feedback_delivery_id
    yield (
        GROUPS,
        {
            **told,
            "status": None if state.status is None else str(state.status),
            "appointment_ids": _json(list(ids)) if isinstance(ids, tuple) else None,
            "feedback_tags": _json([_tag(tag) for tag in tags]) if isinstance(tags, tuple) else None,
            "feedback_delivery_id": delivery_id and delivery_id.hex,
            "also_listed": _json(list(state.also_listed)) if state.also_listed else None,
            "list_place": state.list_place,
            "deleted_since_ns": state.after_deleted.since_ns,
        },
    )
    yield from _findings(state)


def _findings(state: State) -> Iterable[Row]:
    return ((FINDINGS, finding.row()) for finding in findings_of(state))


def _utc(told: str | None) -> str | None:
    """A time as it was told, in the one spelling of the API; None where it is not readable."""
    try:
        return None if told is None else format_instant(parse_instant(told))
    except InvalidInstantError:
        return None


def _tag(tag: FeedbackTag) -> dict[str, str | None]:
    return {"id": None if tag.id is UNSET else tag.id, "name": None if tag.name is UNSET else tag.name}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


projection = StateProjection(
    name=NAME,
    version=VERSION,
    tables=(APPOINTMENTS, GROUPS, FINDINGS),
    rows={Kind.APPOINTMENT: appointment_rows, Kind.APPOINTMENT_GROUP: group_rows},
)
