"""The tables of appointments, of the groups that they belong to, and of the findings about both."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Text

from daybook.projecting.findings import findings_table
from daybook.projecting.projection import partial_index, state_table

NAME: Final = "appointments"
VERSION: Final = 2

# What its group tells of an appointment, its status and whether it was removed, is joined when it is read.
APPOINTMENTS: Final = state_table(
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
    Column("start_at_ns", BigInteger),  # the same, to be compared
    Column("end_time", Text),
    Column("start_time_in_center", Text),  # wall clock at the center, as told
    Column("end_time_in_center", Text),
    Column("day_in_center", Text),  # the date of its start there, where that is told
    Column("utc_offset_at_ns", BigInteger),  # a moment that was told in both,
    Column("utc_offset_minutes", BigInteger),  # and what the center's clock was ahead of UTC then
    Column("service_duration_minutes", BigInteger),
    Column("has_add_ons", Boolean),
    Column("is_add_on", Boolean),
    Column("is_recurring", Boolean),
    Column("appointment_type", BigInteger),
    Column("therapist_request_type", BigInteger),
    Column("place", Text, nullable=False),  # in the order of occurrence, bytewise, as all texts of read models
    Index(None, "source", "progress", "occurred_at_ns", "appointment_id"),
    Index(None, "source", "center_id", "occurred_at_ns", "appointment_id"),
    Index(None, "source", "therapist_id", "occurred_at_ns", "appointment_id"),
    Index(None, "source", "appointment_group_id", "occurred_at_ns", "appointment_id"),
    Index(None, "source", "day_in_center", "center_id"),
    partial_index("source", "start_at_ns", where="day_in_center IS NULL"),
    Index(None, "source", "center_id", "utc_offset_at_ns", "utc_offset_minutes"),
)

GROUPS: Final = state_table(
    f"{NAME}_groups",
    VERSION,
    "appointment_group_id",
    Column("status", Text),  # a name, or the digits of a code that has none
    Column("organization_id", Text),
    Column("center_id", Text),
    Column("center_name", Text),
    Column("guest_id", Text),
    Column("invoice_id", Text),
    Column("invoice_number", Text),
    Column("invoice_number_prefix", Text),
    Column("receipt_number", Text),
    Column("is_no_show_fee_required", Boolean),
    Column("is_cancellation_fee_required", Boolean),
    Column("utm_source", Text),
    Column("utm_medium", Text),
    Column("utm_campaign", Text),
    Column("utm_term", Text),
    Column("utm_content", Text),
    Column("rebooked_source_group_id", Text),
    Column("appointment_ids", Text),  # JSON: a list of texts
    Column("also_listed", Text),  # JSON, likewise: what earlier lists named beside them; NULL for nothing
    Column("list_place", Text),
    Column("created_at_ns", BigInteger),
    Column("confirmed_at_ns", BigInteger),
    Column("checked_in_at_ns", BigInteger),
    Column("closed_at_ns", BigInteger),
    Column("cancelled_at_ns", BigInteger),
    Column("no_show_at_ns", BigInteger),
    Column("void_at_ns", BigInteger),
    Column("voided_at_ns", BigInteger),
    Column("refunded_at_ns", BigInteger),
    Column("deleted_at_ns", BigInteger),
    Column("deleted_since_ns", BigInteger),  # the deletion that no creation has taken back
    Column("feedback_at_ns", BigInteger),
    Column("feedback_user_id", Text),
    Column("feedback_version", BigInteger),
    Column("feedback_rating", BigInteger),
    Column("feedback_rating_service", BigInteger),
    Column("feedback_rating_therapist", BigInteger),
    Column("feedback_rating_ambience", BigInteger),
    Column("feedback_rating_cleanliness", BigInteger),
    Column("feedback_tags", Text),  # JSON: a list of {"id", "name"}
    Column("feedback_recommendation", Boolean),
    Column("feedback_is_shared", Boolean),
    Column("feedback_source", BigInteger),
    Column("feedback_delivery_id", String(32)),  # the words stand in its body, and nowhere else
    partial_index(
        "source", "rebooked_source_group_id", "appointment_group_id", where="rebooked_source_group_id IS NOT NULL"
    ),
    partial_index("source", "deleted_since_ns", where="deleted_since_ns IS NOT NULL"),
)

FINDINGS: Final = findings_table(NAME, VERSION)
