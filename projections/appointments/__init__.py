"""The current state of every appointment: one row each, the fold of all its events."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, Boolean, Column, Index, Text

from daybook.domain.appointment import Appointment
from daybook.domain.fold import facts
from daybook.domain.identity import Kind
from daybook.domain.instants import format_instant, parse_instant
from daybook.errors import InvalidInstantError
from daybook.projecting.projection import Row, StateProjection, state_table

NAME = "appointments"
VERSION = 1

APPOINTMENTS = state_table(
    NAME,
    VERSION,
    "appointment_id",
    Column("progress", Text, nullable=False),
    Column("started_at_ns", BigInteger),
    Column("completed_at_ns", BigInteger),
    Column("appointment_group_id", Text),
    Column("center_id", Text),
    Column("invoice_id", Text),
    Column("invoice_number", Text),
    Column("invoice_item_id", Text),
    Column("service_id", Text),
    Column("service_name", Text),
    Column("therapist_id", Text),
    Column("therapist_name", Text),
    Column("room_id", Text),
    Column("room_name", Text),
    Column("equipment_id", Text),
    Column("equipment_name", Text),
    Column("start_time", Text),  # RFC 3339, UTC
    Column("end_time", Text),
    Column("start_time_in_center", Text),  # wall clock at the center, as told
    Column("end_time_in_center", Text),
    Column("service_duration_minutes", BigInteger),
    Column("has_add_ons", Boolean),
    Column("is_add_on", Boolean),
    Column("is_recurring", Boolean),
    Column("appointment_type", BigInteger),
    Column("therapist_request_type", BigInteger),
    Column("group_status", Text),
    Column("removed", Boolean, nullable=False),
    Index(None, "source", "progress", "occurred_at_ns", "appointment_id"),
    Index(None, "source", "center_id", "occurred_at_ns", "appointment_id"),
    Index(None, "source", "therapist_id", "occurred_at_ns", "appointment_id"),
    Index(None, "source", "appointment_group_id", "occurred_at_ns", "appointment_id"),
)


def rows(state: Appointment) -> Iterable[Row]:
    """One row, with what the state tells. Nothing tells yet what became of the appointment's group."""
    told = facts(state)
    times = {"start_time": _utc(told.pop("start_time_utc")), "end_time": _utc(told.pop("end_time_utc"))}
    yield APPOINTMENTS, {**told, **times, "group_status": None, "removed": False}


def _utc(told: str | None) -> str | None:
    """A time as it was told, in the one spelling of the API; None where it is not readable."""
    try:
        return None if told is None else format_instant(parse_instant(told))
    except InvalidInstantError:
        return None


projection = StateProjection(
    name=NAME,
    version=VERSION,
    tables=(APPOINTMENTS,),
    rows={Kind.APPOINTMENT: rows},
)
