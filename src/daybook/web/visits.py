"""Visits: a group with its appointments, and how all of it came to be so."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency

from daybook.domain.identity import Kind
from daybook.reading import visits
from daybook.web import answers, state
from daybook.web.answers import AppointmentOfVisit, Feedback, FeedbackInWords, FeedbackTag, Visit
from daybook.web.description import example, read_responses
from daybook.web.parameters import GroupPath
from daybook.web.problems import problem
from daybook.web.reading import HEADERS, Reading
from daybook.web.shapes import Change, Finding, HistoryEntry

PROJECTION: Final = "appointments"

_GROUP: Final = "a7d0c1b2-3e4f-4a5b-8c6d-7e8f9a0b1c2d"
_FEEDBACK: Final = Feedback(
    given_at="2022-03-22T19:31:07.0091422Z",
    delivery_id="0196f3a2-8d2f-7e0c-9b62-3f7d1e5fac24",
    version=2,
    rating=5,
    tags=[FeedbackTag(id="3", name="Friendly")],
)
_WORDS: Final = FeedbackInWords(
    **msgspec.structs.asdict(_FEEDBACK), comments="The best hour of my week.", body_kept=True
)
_VISIT: Final = Visit(
    source="main",
    appointment_group_id=_GROUP,
    status="closed",
    center_id="5c2d1e3f-1a2b-4c3d-8e4f-5a6b7c8d9e0f",
    center_name="Northgate",
    guest_id="0b1c9d0e-7a64-4f0e-9a52-6a1d9b8c2e11",
    receipt_number="NOR-4902",
    is_no_show_fee_required=False,
    created_at="2022-03-20T08:15:02.1180341Z",
    closed_at="2022-03-22T10:09:41.2200187Z",
    feedback=_FEEDBACK,
    progress={"not_started": 0, "started": 0, "completed": 1},
    appointments=[
        AppointmentOfVisit(
            source="main",
            appointment_id="e2c1a3f0-65a4-4d6c-9b0e-3c6f1a2b4d5e",
            progress="completed",
            completed_at="2022-03-22T10:01:30.7710053Z",
            appointment_group_id=_GROUP,
            service_name="Deep tissue massage",
            start_time="2022-03-22T09:00:00Z",
            start_time_in_center="2022-03-22T05:00:00",
            utc_offset_minutes=-240,
            group_status="closed",
            occurred_at="2022-03-22T10:01:30.7710053Z",
            recorded_at="2022-03-22T10:01:31.114Z",
            time_basis="event",
            version=2,
            position=21,
            findings=[
                Finding(
                    code="completed_without_started",
                    occurred_at="2022-03-22T10:01:30.7710053Z",
                    suggests="Appointment.Started",
                )
            ],
        )
    ],
    is_complete=True,
    occurred_at="2022-03-22T19:31:07.0091422Z",
    recorded_at="2022-03-22T19:31:07.512Z",
    time_basis="event",
    version=3,
    position=30,
    history=[
        HistoryEntry(
            kind="appointment-group",
            subject_id=_GROUP,
            position=24,
            version=2,
            type="AppointmentGroup.StatusChanged",
            zenoti_type="AppointmentGroup.Status",
            event_id="4d5e6f70-8192-4a3b-8c4d-5e6f708192a3",
            occurred_at="2022-03-22T10:09:41.2200187Z",
            recorded_at="2022-03-22T10:09:41.701Z",
            time_basis="event",
            role="primary",
            late=False,
            delay_s=0.4809813,
            changes={"status": Change("new", "closed"), "closed_at": Change(None, "2022-03-22T10:09:41.2200187Z")},
            delivery_id="0196f3a2-7f40-7b1d-8c73-4a8e2f6abd35",
            origin="webhook",
            signature="verified",
        )
    ],
)


@get(
    "/{appointment_group_id:str}",
    summary="Show one visit",
    operation_class=example(_VISIT),
    response_headers=HEADERS,
    responses=read_responses("not-found", "projection-unavailable"),
    sync_to_thread=True,
    projection=PROJECTION,
)
def show_visit(reading: NamedDependency[Reading], appointment_group_id: GroupPath) -> Response[Visit]:
    """The group, its appointments, fees, feedback without its words, and what happened to all of them.

    A group that only its appointments tell of is one too; its `status` is null.
    """
    group_id = state.id_in_path(Kind.APPOINTMENT_GROUP, appointment_group_id)
    with reading.read_store.snapshot(PROJECTION) as snapshot:
        found = visits.visit(snapshot, reading.source, group_id)
        position = snapshot.cursor.position
    if found is None:
        raise state.unknown(Kind.APPOINTMENT_GROUP, position)
    # Up to the same position, so that it tells how just this came to be.
    history = visits.history_of(reading.journal, reading.source, group_id, found, position)
    return reading.answer(answers.visit(reading.source, group_id, found, history), position)


@get(
    "/{appointment_group_id:str}/feedback",
    summary="Read the feedback on one visit with its words",
    operation_class=example(_WORDS),
    response_headers=HEADERS,
    responses=read_responses("not-found", "projection-unavailable"),
    sync_to_thread=True,
    projection=PROJECTION,
)
def show_feedback(reading: NamedDependency[Reading], appointment_group_id: GroupPath) -> Response[FeedbackInWords]:
    """What the guest wrote is read from the body that brought it, and stands nowhere else: it is personal data.

    Not found where nobody gave a feedback. Where the body was erased, the words are gone and the ratings are not.
    """
    group_id = state.id_in_path(Kind.APPOINTMENT_GROUP, appointment_group_id)
    with reading.read_store.snapshot(PROJECTION) as snapshot:
        group = visits.group(snapshot, reading.source, group_id)
        position = snapshot.cursor.position
    told = None if group is None else answers.feedback(group)
    if told is None:
        headers = {"Daybook-Position": str(position)}
        raise problem("not-found", "nothing has told this source of a feedback on this visit", headers=headers)
    body = reading.journal.inbox.body(UUID(told.delivery_id))
    return reading.answer(answers.feedback_in_words(told, body), position)


visits_router = Router("/visits", route_handlers=[show_visit, show_feedback], tags=["state"])
