"""Every event, searched across all that has a state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from daybook.domain.aggregates import EVENT_TYPES
from daybook.web import state
from daybook.web.description import example, read_responses
from daybook.web.parameters import (
    PAGE_ITEMS_DEFAULT,
    Cursor,
    FromNamed,
    IdFilter,
    Limit,
    ToNamed,
    WhichTime,
    id_in_filter,
    instant_in_filter,
)
from daybook.web.problems import problem
from daybook.web.reading import HEADERS, Reading
from daybook.web.shapes import Event, Events
from daybook.web.shaping import delay_s, shape

PROJECTION: Final = "history"
TYPES: Final = tuple(sorted(event.type_name() for event in EVENT_TYPES.values()))
TypeOfOurs = Annotated[
    str | None,
    QueryParameter(
        name="type",
        description="Our type of the event.",
        examples=[Example(value="Registration.NoShow")],
        schema_extra={"enum": [*TYPES, None]},
    ),
]

_EVENT: Final = Event(
    position=42,
    version=2,
    kind="registration",
    subject_id="43987",
    registration_id="43987",
    session_id="1201",
    guest_id="0b1c9d0e-7a64-4f0e-9a52-6a1d9b8c2e11",
    center_id="5c2d1e3f-1a2b-4c3d-8e4f-5a6b7c8d9e0f",
    type="Registration.NoShow",
    zenoti_type="Class.Booking.NoShow",
    event_id="f3b1d2c4-5e6f-4a7b-8c9d-0e1f2a3b4c5d",
    occurred_at="2022-03-22T12:39:20.6984376Z",
    recorded_at="2022-03-22T12:39:21.112Z",
    time_basis="event",
    role="primary",
    delay_s=0.4135624,
    delivery_id="0196f3a2-7c1e-7d9b-8a51-2f6c0d4e9b13",
    origin="webhook",
    signature="verified",
)


@get(
    "/history",
    summary="Search the history",
    operation_class=example(Events(items=[_EVENT], cursor=None)),
    response_headers=HEADERS,
    responses=read_responses("invalid-cursor", "projection-switched", "projection-unavailable"),
    sync_to_thread=True,
    tags=["state"],
    projection=PROJECTION,
)
def search_history(
    reading: NamedDependency[Reading],
    *,
    registration_id: IdFilter = None,
    appointment_id: IdFilter = None,
    appointment_group_id: IdFilter = None,
    session_id: IdFilter = None,
    guest_id: IdFilter = None,
    center_id: IdFilter = None,
    type_: TypeOfOurs = None,
    from_: FromNamed = None,
    to: ToNamed = None,
    time: WhichTime = "occurred",
    limit: Limit = PAGE_ITEMS_DEFAULT,
    cursor: Cursor = None,
) -> Response[Events]:
    """Newest first by the time that is asked for; only what each event itself tells."""
    if type_ is not None and type_ not in TYPES:
        raise problem("invalid-parameter", f"type: known are {', '.join(TYPES)}")
    return state.some(
        reading,
        PROJECTION,
        Events,
        _event,
        where={
            "registration_id": id_in_filter("registration_id", registration_id),
            "appointment_id": id_in_filter("appointment_id", appointment_id),
            "appointment_group_id": id_in_filter("appointment_group_id", appointment_group_id),
            "session_id": id_in_filter("session_id", session_id),
            "guest_id": id_in_filter("guest_id", guest_id),
            "center_id": id_in_filter("center_id", center_id),
            "type": type_,
        },
        from_ns=instant_in_filter("from", from_),
        to_ns=instant_in_filter("to", to),
        limit=limit,
        cursor=cursor,
        time=time,
        key_type=int,
    )


def _event(row: Mapping[str, Any]) -> Event:
    delay = delay_s(row["occurred_at_ns"], row["recorded_at_ns"])
    return shape(Event, row, delay_s=delay, delivery_id=str(UUID(row["delivery_id"])))
