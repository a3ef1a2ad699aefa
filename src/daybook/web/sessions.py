"""Class sessions: each as it is now, with its roster, and how it came to be so."""

from __future__ import annotations

from typing import Final

from litestar import Response, Router, get
from litestar.di import NamedDependency

from daybook.domain.identity import Kind
from daybook.projecting.queries import page
from daybook.reading import rosters
from daybook.web import answers, state
from daybook.web.answers import RosterCounts, Session
from daybook.web.cursors import Rows, read_cursor, write_cursor
from daybook.web.description import example, read_responses
from daybook.web.parameters import PAGE_ITEMS_DEFAULT, Cursor, Limit, SessionPath
from daybook.web.reading import HEADERS, Reading
from daybook.web.shapes import Change, History, HistoryEntry, Registration, SessionInBrief

PROJECTION: Final = "registrations"

_SESSION: Final = Session(
    source="main",
    session_id="1201",
    status="scheduled",
    center_id="5c2d1e3f-1a2b-4c3d-8e4f-5a6b7c8d9e0f",
    class_name="Morning flow",
    start_time="2022-03-22T09:00:00",
    end_time="2022-03-22T10:00:00",
    capacity=12,
    created_at="2022-03-01T07:00:00.2210044Z",
    occurred_at="2022-03-01T07:00:00.2210044Z",
    recorded_at="2022-03-01T07:00:00.611Z",
    time_basis="event",
    version=1,
    position=3,
    findings=[],
    roster=RosterCounts(
        booked=0,
        waitlisted=0,
        approved=0,
        rejected=0,
        cancelled=0,
        deleted=0,
        no_show=1,
        unknown=0,
        taken=1,
        capacity=12,
        free=11,
    ),
    items=[
        Registration(
            source="main",
            registration_id="43987",
            status="no_show",
            session_id="1201",
            session=SessionInBrief(session_id="1201", status="scheduled", class_name="Morning flow", capacity=12),
            no_show_at="2022-03-22T12:39:20.6984376Z",
            occurred_at="2022-03-22T12:39:20.6984376Z",
            recorded_at="2022-03-22T12:39:21.112Z",
            time_basis="event",
            version=2,
            position=42,
        )
    ],
    cursor=None,
)
_ENTRY: Final = HistoryEntry(
    kind="class-session",
    subject_id="1201",
    position=3,
    version=1,
    type="ClassSession.Created",
    zenoti_type="Class.Schedule.Created",
    event_id="9a8b7c6d-5e4f-4a3b-9c2d-1e0f9a8b7c6d",
    occurred_at="2022-03-01T07:00:00.2210044Z",
    recorded_at="2022-03-01T07:00:00.611Z",
    time_basis="event",
    role="primary",
    late=False,
    delay_s=0.3899956,
    changes={"status": Change("unknown", "scheduled"), "start_time": Change(None, "2022-03-22T09:00:00")},
    delivery_id="0196f3a2-1b3a-7c5e-8d94-5b9f307bce46",
    origin="webhook",
    signature="verified",
)


@get(
    "/{session_id:str}",
    summary="Show one class session with its roster",
    operation_class=example(_SESSION),
    response_headers=HEADERS,
    responses=read_responses("invalid-cursor", "not-found", "projection-switched", "projection-unavailable"),
    sync_to_thread=True,
    projection=PROJECTION,
)
def show_session(
    reading: NamedDependency[Reading],
    session_id: SessionPath,
    *,
    limit: Limit = PAGE_ITEMS_DEFAULT,
    cursor: Cursor = None,
) -> Response[Session]:
    """Its state, how many registrations are what against its capacity, and a page of them, the newest first.

    A session that only registrations tell of is one too; its `status` is `unknown`.
    """
    session_id = state.id_in_path(Kind.CLASS_SESSION, session_id)
    query = {"": "roster", "source": reading.source, "session_id": session_id}
    with reading.read_store.snapshot(PROJECTION) as snapshot:
        position, rows = snapshot.cursor.position, Rows(snapshot.cursor.version, snapshot.cursor.build)
        before = read_cursor(cursor, query, str, rows)
        found = rosters.roster(snapshot, reading.source, session_id)
        if found is None:
            raise state.unknown(Kind.CLASS_SESSION, position)
        registered = page(snapshot, reading.source, where={"session_id": session_id}, before=before, limit=limit)
        registrations = rosters.with_sessions(snapshot, registered.rows)
    following = None if registered.before is None else write_cursor(query, *registered.before, rows)
    return reading.answer(answers.session(reading.source, session_id, found, registrations, following), position)


@get(
    "/{session_id:str}/history",
    summary="Show the history of one class session",
    operation_class=example(History(items=[_ENTRY])),
    response_headers=HEADERS,
    responses=read_responses("not-found"),
    sync_to_thread=True,
)
def show_session_history(reading: NamedDependency[Reading], session_id: SessionPath) -> Response[History]:
    """All its events in order of occurrence, each with what it changed there."""
    return state.history_of(reading, Kind.CLASS_SESSION, session_id)


sessions_router = Router("/sessions", route_handlers=[show_session, show_session_history], tags=["state"])
