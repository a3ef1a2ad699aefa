"""The current state of every registration and every class session, and what cannot be right about them."""

from __future__ import annotations

from collections.abc import Iterable

from daybook.domain.class_session import ClassSession
from daybook.domain.findings import State, findings_of
from daybook.domain.fold import facts
from daybook.domain.identity import Kind
from daybook.domain.registration import Registration, holds_place
from daybook.projecting.projection import Row, StateProjection

from .tables import FINDINGS, NAME, REGISTRATIONS, SESSIONS, VERSION


def registration_rows(state: Registration) -> Iterable[Row]:
    """One row with what the state tells, and its findings."""
    yield REGISTRATIONS, {**facts(state), "holds_place": holds_place(state)}
    yield from _findings(state)


def session_rows(state: ClassSession) -> Iterable[Row]:
    """One row with what the state tells, and its findings."""
    yield SESSIONS, facts(state)
    yield from _findings(state)


def _findings(state: State) -> Iterable[Row]:
    return ((FINDINGS, finding.row()) for finding in findings_of(state))


projection = StateProjection(
    name=NAME,
    version=VERSION,
    tables=(REGISTRATIONS, SESSIONS, FINDINGS),
    rows={Kind.REGISTRATION: registration_rows, Kind.CLASS_SESSION: session_rows},
)
