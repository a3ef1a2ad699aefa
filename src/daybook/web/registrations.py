"""Class bookings as they are now, and how each came to be so."""

from __future__ import annotations

from typing import Annotated, Final

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from daybook.domain.identity import Kind
from daybook.domain.registration import Status
from daybook.reading import rosters
from daybook.web import shaping, state
from daybook.web.description import example, read_responses
from daybook.web.parameters import (
    PAGE_ITEMS_DEFAULT,
    Cursor,
    From,
    IdFilter,
    Limit,
    RegistrationPath,
    To,
    id_in_filter,
    instant_in_filter,
)
from daybook.web.reading import HEADERS, Reading
from daybook.web.shapes import Change, History, HistoryEntry, Registration, Registrations, SessionInBrief

PROJECTION: Final = "registrations"
StatusFilter = Annotated[
    Status | None, QueryParameter(description="What the registration is now.", examples=[Example(value="no_show")])
]

_REGISTRATION: Final = Registration(
    source="main",
    registration_id="43987",
    status="no_show",
    guest_id="0b1c9d0e-7a64-4f0e-9a52-6a1d9b8c2e11",
    center_id="5c2d1e3f-1a2b-4c3d-8e4f-5a6b7c8d9e0f",
    session_id="1201",
    class_id="310",
    waitlist=False,
    booking_source=1,
    is_recurring=False,
    created_at="2022-03-20T08:15:02.1180341Z",
    no_show_at="2022-03-22T12:39:20.6984376Z",
    session=SessionInBrief(
        session_id="1201",
        status="scheduled",
        class_name="Morning flow",
        start_time="2022-03-22T09:00:00",
        end_time="2022-03-22T10:00:00",
        capacity=12,
    ),
    occurred_at="2022-03-22T12:39:20.6984376Z",
    recorded_at="2022-03-22T12:39:21.112Z",
    time_basis="event",
    version=2,
    position=42,
)
_ENTRY: Final = HistoryEntry(
    kind="registration",
    subject_id="43987",
    position=42,
    version=2,
    type="Registration.NoShow",
    zenoti_type="Class.Booking.NoShow",
    event_id="f3b1d2c4-5e6f-4a7b-8c9d-0e1f2a3b4c5d",
    occurred_at="2022-03-22T12:39:20.6984376Z",
    recorded_at="2022-03-22T12:39:21.112Z",
    time_basis="event",
    role="primary",
    late=False,
    delay_s=0.4135624,
    changes={"status": Change("booked", "no_show"), "no_show_at": Change(None, "2022-03-22T12:39:20.6984376Z")},
    delivery_id="0196f3a2-7c1e-7d9b-8a51-2f6c0d4e9b13",
    origin="webhook",
    signature="verified",
)


@get(
    "/",
    summary="List registrations",
    operation_class=example(Registrations(items=[_REGISTRATION], cursor=None)),
    response_headers=HEADERS,
    responses=read_responses("invalid-cursor", "projection-switched", "projection-unavailable"),
    sync_to_thread=True,
    projection=PROJECTION,
)
def list_registrations(
    reading: NamedDependency[Reading],
    *,
    status: StatusFilter = None,
    center_id: IdFilter = None,
    guest_id: IdFilter = None,
    session_id: IdFilter = None,
    occurred_from: From = None,
    occurred_to: To = None,
    limit: Limit = PAGE_ITEMS_DEFAULT,
    cursor: Cursor = None,
) -> Response[Registrations]:
    """Newest `occurred_at` first."""
    return state.some(
        reading,
        PROJECTION,
        Registrations,
        shaping.registration,
        where={
            "status": status,
            "center_id": id_in_filter("center_id", center_id),
            "guest_id": id_in_filter("guest_id", guest_id),
            "session_id": id_in_filter("session_id", session_id),
        },
        from_ns=instant_in_filter("occurred_from", occurred_from),
        to_ns=instant_in_filter("occurred_to", occurred_to),
        limit=limit,
        cursor=cursor,
        complete=rosters.with_sessions,
    )


@get(
    "/{registration_id:str}",
    summary="Show one registration",
    operation_class=example(_REGISTRATION),
    response_headers=HEADERS,
    responses=read_responses("not-found", "projection-unavailable"),
    sync_to_thread=True,
    projection=PROJECTION,
)
def show_registration(reading: NamedDependency[Reading], registration_id: RegistrationPath) -> Response[Registration]:
    """Its state, the fold of all its events in order of occurrence, with the session that it is for."""
    return state.one(
        reading,
        Kind.REGISTRATION,
        PROJECTION,
        registration_id,
        item=shaping.registration,
        complete=rosters.with_sessions,
    )


@get(
    "/{registration_id:str}/history",
    summary="Show the history of one registration",
    operation_class=example(History(items=[_ENTRY])),
    response_headers=HEADERS,
    responses=read_responses("not-found"),
    sync_to_thread=True,
)
def show_registration_history(
    reading: NamedDependency[Reading], registration_id: RegistrationPath
) -> Response[History]:
    """All its events in order of occurrence, each with what it changed there."""
    return state.history_of(reading, Kind.REGISTRATION, registration_id)


registrations_router = Router(
    "/registrations",
    route_handlers=[list_registrations, show_registration, show_registration_history],
    tags=["state"],
)
