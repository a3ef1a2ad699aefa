"""The figures of a day, in center time."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import PathParameter

from daybook.domain.identity import named_id
from daybook.errors import InvalidIdError, InvalidInstantError
from daybook.reading.days import PROJECTIONS, read_day
from daybook.web.agenda import (
    CenterClock,
    DayFigures,
    DayOfAppointments,
    DayOfRegistrations,
    DayOfVisits,
    figures_of,
)
from daybook.web.description import example, read_responses
from daybook.web.problems import problem
from daybook.web.reading import HEADERS, Reading

DatePath: TypeAlias = Annotated[
    str,
    PathParameter(
        description="A calendar day, as the centers' clocks show it.", examples=[Example(value="2022-03-22")]
    ),
]
CenterPath: TypeAlias = Annotated[
    str,
    PathParameter(
        description="An id in any case; compared trimmed and lower-cased.",
        examples=[Example(value="5c2d1e3f-1a2b-4c3d-8e4f-5a6b7c8d9e0f")],
    ),
]

_DAY: Final = DayFigures(
    source="main",
    date="2022-03-22",
    center_id="5c2d1e3f-1a2b-4c3d-8e4f-5a6b7c8d9e0f",
    registrations=DayOfRegistrations(
        bookings=57, waitlisted=4, cancellations=3, no_shows=2, cancellation_rate=0.0526, no_show_rate=0.0351
    ),
    visits=DayOfVisits(
        total=40,
        by_status={"cancelled": 2, "closed": 31, "confirmed": 6, "no_show": 1},
        cancellation_rate=0.05,
        no_show_rate=0.025,
        undated=0,
    ),
    appointments=DayOfAppointments(
        total=52, by_progress={"not_started": 9, "started": 2, "completed": 41}, removed=3, undated=0
    ),
    clock=[
        CenterClock(
            center_id="5c2d1e3f-1a2b-4c3d-8e4f-5a6b7c8d9e0f",
            utc_offset_minutes=-420,
            begins_at="2022-03-22T07:00:00Z",
            ends_at="2022-03-23T07:00:00Z",
        )
    ],
)


@get(
    "/days/{date:str}",
    summary="Show the figures of a day",
    operation_class=example(_DAY),
    response_headers=HEADERS,
    responses=read_responses("projection-unavailable"),
    sync_to_thread=True,
    projection=PROJECTIONS,
)
def show_day(reading: NamedDependency[Reading], date: DatePath) -> Response[DayFigures]:
    """Of all centers, each by its own clock; what is counted on which day stands at each figure."""
    return _answer(reading, date, None)


@get(
    "/centers/{center_id:str}/days/{date:str}",
    summary="Show the figures of a day at one center",
    operation_class=example(_DAY),
    response_headers=HEADERS,
    responses=read_responses("not-found", "projection-unavailable"),
    sync_to_thread=True,
    projection=PROJECTIONS,
)
def show_center_day(reading: NamedDependency[Reading], center_id: CenterPath, date: DatePath) -> Response[DayFigures]:
    """By the center's clock. Zenoti has no webhook about centers: one that nothing told of has a day of zeros."""
    try:
        return _answer(reading, date, named_id(center_id))
    except InvalidIdError as error:
        raise problem("not-found", f"a center of this id cannot be: {error}") from None


def _answer(reading: Reading, date: str, center_id: str | None) -> Response[DayFigures]:
    try:
        day = read_day(reading.read_store, reading.source, date, center_id)
    except InvalidInstantError as error:
        raise problem("invalid-parameter", f"date: {error}") from None
    return reading.answer(figures_of(reading.source, day), day.position)


days_router = Router("/", route_handlers=[show_day, show_center_day], tags=["state"])
