"""One registration or appointment as the journal tells it now, in the shape of the API.

Folded afresh from its stream and that of its session or group by the projections' own row functions, so that it needs
no server, waits for no follower, and still says the same as the API once that has caught up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from daybook.cli.subject import Subject, absent, told_history
from daybook.domain.findings import findings_of
from daybook.domain.fold import fold
from daybook.domain.identity import Kind, named_id, stream_id
from daybook.domain.visit import is_removed
from daybook.projecting.change import changes_of
from daybook.projecting.physical import logical_name
from daybook.reading.visits import FEEDBACK
from daybook.web import shaping

if TYPE_CHECKING:
    from daybook.bootstrap import Daybook
    from daybook.domain.events import Event

Rows: TypeAlias = Mapping[str, Sequence[Mapping[str, Any]]]
"""By the logical name of the table."""


def read_registration(daybook: Daybook, source: str, told_id: str) -> Subject:
    """What the journal tells up to its end; raises `DaybookError` where it tells nothing."""
    subject_id = named_id(told_id)
    events = _stream(daybook, source, Kind.REGISTRATION, subject_id)
    rows = _rows(daybook, "registrations", events)
    if not rows["registrations"]:
        raise absent(daybook, source, "registration", subject_id)
    (row,) = rows["registrations"]
    session = None
    if row["session_id"] is not None:
        of_session = _rows(daybook, "registrations", _stream(daybook, source, Kind.CLASS_SESSION, row["session_id"]))
        session = next(iter(of_session["registrations_sessions"]), None)
    state = shaping.registration({**row, "session": session, "findings": _findings(events)})
    history = told_history(daybook, source, Kind.REGISTRATION, subject_id)
    return Subject("registration", subject_id, msgspec.to_builtins(state), history)


def read_appointment(daybook: Daybook, source: str, told_id: str) -> Subject:
    """Likewise; its history contains what happened to its group, and to those that it was in before."""
    subject_id = named_id(told_id)
    events = _stream(daybook, source, Kind.APPOINTMENT, subject_id)
    rows = _rows(daybook, "appointments", events)
    if not rows["appointments"]:
        raise absent(daybook, source, "appointment", subject_id)
    (row,) = rows["appointments"]
    told: dict[str, Any] = {"group_status": None, "removed": False}
    if row["appointment_group_id"] is not None:
        group = _stream(daybook, source, Kind.APPOINTMENT_GROUP, row["appointment_group_id"])
        of_group = _rows(daybook, "appointments", group)["appointments_groups"]
        for one in of_group:
            told |= {"group_status": one["status"], **{name: one[name] for name in FEEDBACK}}
        told["removed"] = is_removed(fold(events), fold(group))
    state = shaping.appointment({**row, **told, "findings": _findings(events)})
    history = told_history(daybook, source, Kind.APPOINTMENT, subject_id)
    return Subject("appointment", subject_id, msgspec.to_builtins(state), history)


def _findings(events: Sequence[Event]) -> list[Mapping[str, Any]]:
    """Of these two kinds all findings follow from their own events."""
    found = sorted(findings_of(fold(events)), key=lambda one: (one.occurred_at_ns, one.code))
    return [finding.told() for finding in found]


def _stream(daybook: Daybook, source: str, kind: Kind, subject_id: str) -> list[Event]:
    return daybook.journal.stream(stream_id(source, kind, subject_id))


def _rows(daybook: Daybook, name: str, events: Sequence[Event]) -> Rows:
    """What the projection makes of one aggregate; no rows where all was withdrawn, or nothing ever told."""
    projection = daybook.read_store.sound(name)
    found = dict.fromkeys((logical_name(table.name, projection.version, 1) for table in projection.tables), ())
    changes = changes_of(projection, events, lambda ids, _upto: dict.fromkeys(ids, events)) if events else []
    return {**found, **{logical_name(one.table.name, projection.version, 1): one.rows for one in changes}}
