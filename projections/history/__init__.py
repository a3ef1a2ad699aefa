"""Every event as one row, to be searched across streams; only what the event itself tells."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import UNSET
from sqlalchemy import Column, Index, String, Text

from daybook.domain.events import Event
from daybook.domain.identity import Kind
from daybook.domain.telling import told_id
from daybook.projecting.projection import LogProjection, Row, log_table

NAME = "history"
VERSION = 2

# The events of one registration, appointment or guest are few: sorting them by the other time needs no index.
HISTORY = log_table(
    NAME,
    VERSION,
    Column("kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("registration_id", Text),
    Column("appointment_id", Text),
    Column("appointment_group_id", Text),
    Column("session_id", Text),
    Column("guest_id", Text),
    Column("center_id", Text),
    Column("type", Text, nullable=False),
    Column("zenoti_type", Text, nullable=False),
    Column("event_id", Text),
    Column("role", Text, nullable=False),
    Column("delivery_id", String(32), nullable=False),
    Column("origin", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Index(None, "source", "registration_id", "occurred_at_ns", "position"),
    Index(None, "source", "appointment_id", "occurred_at_ns", "position"),
    Index(None, "source", "appointment_group_id", "occurred_at_ns", "position"),
    Index(None, "source", "session_id", "occurred_at_ns", "position"),
    Index(None, "source", "guest_id", "occurred_at_ns", "position"),
    Index(None, "source", "center_id", "occurred_at_ns", "position"),
    Index(None, "source", "center_id", "recorded_at_ns", "position"),
    Index(None, "source", "type", "occurred_at_ns", "position"),
    Index(None, "source", "type", "recorded_at_ns", "position"),
)


def rows(event: Event) -> Iterable[Row]:
    """One row per event."""
    yield (
        HISTORY,
        {
            "kind": event.KIND.value,
            "subject_id": event.subject_id,
            "registration_id": event.subject_id if event.KIND is Kind.REGISTRATION else None,
            "appointment_id": event.subject_id if event.KIND is Kind.APPOINTMENT else None,
            "appointment_group_id": _id(event, "appointment_group_id", Kind.APPOINTMENT_GROUP),
            "session_id": _id(event, "session_id", Kind.CLASS_SESSION),
            "guest_id": _id(event, "guest_id"),
            "center_id": _id(event, "center_id"),
            "type": event.type_name(),
            "zenoti_type": event.zenoti_type,
            "event_id": event.event_id,
            "role": event.role,
            "delivery_id": event.delivery_id.hex,
            "origin": event.origin,
            "signature": event.signature,
        },
    )


def _id(event: Event, name: str, of: Kind | None = None) -> str | None:
    """The id that the event tells under this name, or its own where it is about that kind."""
    if event.KIND is of:
        return event.subject_id
    told = told_id(getattr(event, name, UNSET))
    return told if isinstance(told, str) else None


projection = LogProjection(
    name=NAME,
    version=VERSION,
    tables=(HISTORY,),
    rows=rows,
)
