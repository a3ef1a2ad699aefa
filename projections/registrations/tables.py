"""The tables of registrations, of the class sessions that they are for, and of the findings about both."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Text

from daybook.projecting.findings import findings_table
from daybook.projecting.projection import partial_index, state_table

NAME: Final = "registrations"
VERSION: Final = 2

REGISTRATIONS: Final = state_table(
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
    Column("holds_place", Boolean, nullable=False),  # of its session, for sure
    Index(None, "source", "status", "occurred_at_ns", "registration_id"),
    Index(None, "source", "center_id", "occurred_at_ns", "registration_id"),
    Index(None, "source", "guest_id", "occurred_at_ns", "registration_id"),
    # With its last column, places are counted from the index alone.
    Index(None, "source", "session_id", "occurred_at_ns", "registration_id", "holds_place"),
    Index(None, "source", "created_at_ns", "center_id", "waitlist"),
    partial_index("source", "cancelled_at_ns", "center_id", where="cancelled_at_ns IS NOT NULL"),
    partial_index("source", "no_show_at_ns", "center_id", where="no_show_at_ns IS NOT NULL"),
)

# Times are as told, and nobody knows whether they are UTC or wall clock at the center.
SESSIONS: Final = state_table(
    f"{NAME}_sessions",
    VERSION,
    "session_id",
    Column("status", Text, nullable=False),
    Column("center_id", Text),
    Column("class_name", Text),
    Column("class_type", BigInteger),
    Column("start_time_unproven", Text),
    Column("end_time_unproven", Text),
    Column("duration_minutes", BigInteger),
    Column("room_id", Text),
    Column("capacity", BigInteger),
    Column("web_capacity", BigInteger),
    Column("show_in_catalog", Boolean),
    Column("is_free_session", Boolean),
    Column("is_recurring", Boolean),
    Column("recurrence_id", Text),
    Column("recurrence_type", BigInteger),
    Column("recurrence_frequency", BigInteger),
    Column("recurrence_count", BigInteger),
    Column("recurrence_weekdays", Text),
    Column("recurrence_start_time_unproven", Text),
    Column("recurrence_end_time_unproven", Text),
    Column("created_at_ns", BigInteger),
    Column("cancelled_at_ns", BigInteger),
    Column("deleted_at_ns", BigInteger),
)

FINDINGS: Final = findings_table(NAME, VERSION)
