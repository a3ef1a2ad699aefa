"""The current state of every registration: one row each, the fold of all its events."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, Boolean, Column, Index, Text

from daybook.domain.fold import facts
from daybook.domain.identity import Kind
from daybook.domain.registration import Registration
from daybook.projecting.projection import Row, StateProjection, state_table

NAME = "registrations"
VERSION = 1

REGISTRATIONS = state_table(
    NAME,
    VERSION,
    "registration_id",
    Column("status", Text, nullable=False),
    Column("guest_id", Text),
    Column("center_id", Text),
    Column("session_id", Text),
    Column("class_id", Text),
    Column("workshop_id", Text),
    Column("track_id", Text),
    Column("waitlist", Boolean),
    Column("booking_source", BigInteger),
    Column("group_invoice_id", Text),
    Column("is_recurring", Boolean),
    Column("recurrence_id", Text),
    Column("created_at_ns", BigInteger),
    Column("approved_at_ns", BigInteger),
    Column("rejected_at_ns", BigInteger),
    Column("cancelled_at_ns", BigInteger),
    Column("deleted_at_ns", BigInteger),
    Column("no_show_at_ns", BigInteger),
    Index(None, "source", "status", "occurred_at_ns", "registration_id"),
    Index(None, "source", "center_id", "occurred_at_ns", "registration_id"),
    Index(None, "source", "guest_id", "occurred_at_ns", "registration_id"),
    Index(None, "source", "session_id", "occurred_at_ns", "registration_id"),
)


def rows(state: Registration) -> Iterable[Row]:
    """One row, with what the state tells."""
    yield REGISTRATIONS, facts(state)


projection = StateProjection(
    name=NAME,
    version=VERSION,
    tables=(REGISTRATIONS,),
    rows={Kind.REGISTRATION: rows},
)
