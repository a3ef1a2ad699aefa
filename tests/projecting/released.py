"""The built-in read models as the first release had them, in a store of the first layout, which knew no builds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table, Text, text

from daybook.domain.appointment import Appointment
from daybook.domain.events import Event
from daybook.domain.fold import facts
from daybook.domain.identity import Kind
from daybook.domain.registration import Registration
from daybook.projecting.cursor import CURSORS
from daybook.projecting.layout import FIRST_LAYOUT
from daybook.projecting.projection import LogProjection, Projection, Row, StateProjection, log_table, state_table
from tests.projecting.book import Book

FIRST_CURSORS = """
CREATE TABLE {cursors} (
    name TEXT NOT NULL, version INTEGER NOT NULL, journal_id VARCHAR(32), position BIGINT NOT NULL, digest {bytes},
    state TEXT NOT NULL, stopped_reason TEXT, stopped_at BIGINT, updated_at_ns BIGINT NOT NULL, holder TEXT,
    epoch BIGINT NOT NULL, expires_at_ns BIGINT NOT NULL, CONSTRAINT {key} PRIMARY KEY (name, version)
)
"""
FIRST_LIVE = "CREATE TABLE {live} (name TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL)"
KEPT = (
    "name, version, journal_id, position, digest, state, stopped_reason, stopped_at, updated_at_ns, holder, epoch,"
    " expires_at_ns"
)


def take_back(book: Book) -> None:
    """The bookkeeping as the first layout had it, with what it says now."""
    schema = book.store.engine.schema
    cursors, live, prefix = ("cursors", "live_versions", "") if schema is None else (
        f"{schema}.cursors", f"{schema}.live_versions", f"{schema}.",
    )  # fmt: skip
    key = "cursors_pkey"
    with book.store.change() as connection:
        for table, names, definition in (
            (cursors, KEPT, FIRST_CURSORS.format(cursors=cursors, key=key, bytes="BYTEA" if schema else "BLOB")),
            (live, "name, version", FIRST_LIVE.format(live=live)),
        ):
            connection.execute(text(f"CREATE TABLE {prefix}kept AS SELECT {names} FROM {table}"))
            connection.execute(text(f"DROP TABLE {table}"))
            connection.execute(text(definition))
            connection.execute(text(f"INSERT INTO {table} ({names}) SELECT {names} FROM {prefix}kept"))
            connection.execute(text(f"DROP TABLE {prefix}kept"))
        if schema is None:
            connection.execute(text("PRAGMA user_version = 1"))
        else:
            connection.execute(text(f"UPDATE {schema}.layout SET layout = 1"))


REGISTRATIONS = state_table(
    "registrations",
    1,
    "registration_id",
    Column("status", Text, nullable=False),
    *(Column(name, Text) for name in ("guest_id", "center_id", "session_id", "class_id", "workshop_id", "track_id")),
    Column("waitlist", Boolean),
    Column("booking_source", BigInteger),
    Column("group_invoice_id", Text),
    Column("is_recurring", Boolean),
    Column("recurrence_id", Text),
    *(
        Column(f"{what}_at_ns", BigInteger)
        for what in ("created", "approved", "rejected", "cancelled", "deleted", "no_show")
    ),
    Index(None, "source", "status", "occurred_at_ns", "registration_id"),
    Index(None, "source", "center_id", "occurred_at_ns", "registration_id"),
    Index(None, "source", "guest_id", "occurred_at_ns", "registration_id"),
    Index(None, "source", "session_id", "occurred_at_ns", "registration_id"),
)
APPOINTMENTS = state_table(
    "appointments",
    1,
    "appointment_id",
    Column("progress", Text, nullable=False),
    Column("started_at_ns", BigInteger),
    Column("completed_at_ns", BigInteger),
    *(
        Column(name, Text)
        for name in (
            "appointment_group_id", "center_id", "invoice_id", "invoice_number", "invoice_item_id", "service_id",
            "service_name", "therapist_id", "therapist_name", "room_id", "room_name", "equipment_id", "equipment_name",
            "start_time", "end_time", "start_time_in_center", "end_time_in_center",
        )
    ),
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
)  # fmt: skip
HISTORY = log_table(
    "history",
    1,
    Column("kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    *(Column(name, Text) for name in ("registration_id", "appointment_id", "guest_id", "center_id")),
    Column("type", Text, nullable=False),
    Column("zenoti_type", Text, nullable=False),
    Column("event_id", Text),
    Column("role", Text, nullable=False),
    Column("delivery_id", String(32), nullable=False),
    Column("origin", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Index(None, "source", "guest_id", "occurred_at_ns", "position"),
)


def _known(table: Table, told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name in table.c}


def registration_rows(state: Registration) -> Iterable[Row]:
    yield REGISTRATIONS, _known(REGISTRATIONS, facts(state))


def appointment_rows(state: Appointment) -> Iterable[Row]:
    yield APPOINTMENTS, {**_known(APPOINTMENTS, facts(state)), "group_status": None, "removed": False}


def history_rows(event: Event) -> Iterable[Row]:
    yield (
        HISTORY,
        {
            "kind": event.KIND.value,
            "subject_id": event.subject_id,
            "registration_id": event.subject_id if event.KIND is Kind.REGISTRATION else None,
            "appointment_id": event.subject_id if event.KIND is Kind.APPOINTMENT else None,
            "type": event.type_name(),
            "zenoti_type": event.zenoti_type,
            "event_id": event.event_id,
            "role": event.role,
            "delivery_id": event.delivery_id.hex,
            "origin": event.origin,
            "signature": event.signature,
        },
    )


RELEASED: dict[str, Projection] = {
    "registrations": StateProjection("registrations", 1, (REGISTRATIONS,), {Kind.REGISTRATION: registration_rows}),
    "appointments": StateProjection("appointments", 1, (APPOINTMENTS,), {Kind.APPOINTMENT: appointment_rows}),
    "history": LogProjection("history", 1, (HISTORY,), history_rows),
}


def fill_as_released(book: Book, layout: int) -> None:
    """Post what was told as the first release did; a later one may have brought its bookkeeping up since."""
    book.post(book.open_store(RELEASED))
    if layout == FIRST_LAYOUT:
        take_back(book)
    else:
        with book.store.change() as connection:
            connection.execute(CURSORS.update().values(tables=None, fingerprint=None, begun_at_ns=None))
