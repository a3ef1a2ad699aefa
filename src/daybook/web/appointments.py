"""Appointments as they are now, and how each came to be so."""

from __future__ import annotations

from typing import Annotated, Final

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from daybook.domain.appointment import Progress
from daybook.domain.identity import Kind
from daybook.reading import visits
from daybook.web import shaping, state
from daybook.web.description import example, read_responses
from daybook.web.parameters import (
    PAGE_ITEMS_DEFAULT,
    AppointmentPath,
    Cursor,
    From,
    IdFilter,
    Limit,
    To,
    id_in_filter,
    instant_in_filter,
)
from daybook.web.reading import HEADERS, Reading
from daybook.web.shapes import Appointment, Appointments, Change, History, HistoryEntry

PROJECTION: Final = "appointments"
ProgressFilter = Annotated[
    Progress | None, QueryParameter(description="How far it has got.", examples=[Example(value="started")])
]

_APPOINTMENT: Final = Appointment(
    source="main",
    appointment_id="e2c1a3f0-65a4-4d6c-9b0e-3c6f1a2b4d5e",
    progress="started",
    started_at="2022-03-22T09:02:11.4471902Z",
    appointment_group_id="a7d0c1b2-3e4f-4a5b-8c6d-7e8f9a0b1c2d",
    center_id="5c2d1e3f-1a2b-4c3d-8e4f-5a6b7c8d9e0f",
    service_name="Deep tissue massage",
    start_time="2022-03-22T09:00:00Z",
    end_time="2022-03-22T10:00:00Z",
    start_time_in_center="2022-03-22T05:00:00",
    end_time_in_center="2022-03-22T06:00:00",
    utc_offset_minutes=-240,
    group_status="checked_in",
    occurred_at="2022-03-22T09:02:11.4471902Z",
    recorded_at="2022-03-22T09:02:12.003Z",
    time_basis="event",
    version=1,
    position=17,
)
_ENTRY: Final = HistoryEntry(
    kind="appointment",
    subject_id="e2c1a3f0-65a4-4d6c-9b0e-3c6f1a2b4d5e",
    position=17,
    version=1,
    type="Appointment.Started",
    zenoti_type="Appointment.Started",
    event_id="0d9c8b7a-6f5e-4d3c-9b2a-1f0e9d8c7b6a",
    occurred_at="2022-03-22T09:02:11.4471902Z",
    recorded_at="2022-03-22T09:02:12.003Z",
    time_basis="event",
    role="primary",
    late=False,
    delay_s=0.5558098,
    changes={"progress": Change("not_started", "started"), "started_at": Change(None, "2022-03-22T09:02:11.4471902Z")},
    delivery_id="0196f3a2-7c1e-7d9b-8a51-2f6c0d4e9b13",
    origin="webhook",
    signature="verified",
)


@get(
    "/",
    summary="List appointments",
    operation_class=example(Appointments(items=[_APPOINTMENT], cursor=None)),
    response_headers=HEADERS,
    responses=read_responses("invalid-cursor", "projection-switched", "projection-unavailable"),
    sync_to_thread=True,
    projection=PROJECTION,
)
def list_appointments(
    reading: NamedDependency[Reading],
    *,
    progress: ProgressFilter = None,
    center_id: IdFilter = None,
    therapist_id: IdFilter = None,
    appointment_group_id: IdFilter = None,
    occurred_from: From = None,
    occurred_to: To = None,
    limit: Limit = PAGE_ITEMS_DEFAULT,
    cursor: Cursor = None,
) -> Response[Appointments]:
    """Newest `occurred_at` first."""
    return state.some(
        reading,
        PROJECTION,
        Appointments,
        shaping.appointment,
        where={
            "progress": progress,
            "center_id": id_in_filter("center_id", center_id),
            "therapist_id": id_in_filter("therapist_id", therapist_id),
            "appointment_group_id": id_in_filter("appointment_group_id", appointment_group_id),
        },
        from_ns=instant_in_filter("occurred_from", occurred_from),
        to_ns=instant_in_filter("occurred_to", occurred_to),
        limit=limit,
        cursor=cursor,
        complete=visits.with_groups,
    )


@get(
    "/{appointment_id:str}",
    summary="Show one appointment",
    operation_class=example(_APPOINTMENT),
    response_headers=HEADERS,
    responses=read_responses("not-found", "projection-unavailable"),
    sync_to_thread=True,
    projection=PROJECTION,
)
def show_appointment(reading: NamedDependency[Reading], appointment_id: AppointmentPath) -> Response[Appointment]:
    """Its state, the fold of all its events in order of occurrence, with what its group tells of it."""
    return state.one(
        reading, Kind.APPOINTMENT, PROJECTION, appointment_id, item=shaping.appointment, complete=visits.with_groups
    )


@get(
    "/{appointment_id:str}/history",
    summary="Show the history of one appointment",
    operation_class=example(History(items=[_ENTRY])),
    response_headers=HEADERS,
    responses=read_responses("not-found"),
    sync_to_thread=True,
)
def show_appointment_history(reading: NamedDependency[Reading], appointment_id: AppointmentPath) -> Response[History]:
    """All its events and those of its group in order of occurrence, each with what it changed of its own."""
    return state.history_of(reading, Kind.APPOINTMENT, appointment_id)


appointments_router = Router(
    "/appointments",
    route_handlers=[list_appointments, show_appointment, show_appointment_history],
    tags=["state"],
)
