"""The visit: an appointment group and its appointments, each as it is now, joined where it is read and never stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec
from sqlalchemy import select

from daybook.domain.identity import Kind, stream_id
from daybook.journal import Journal
from daybook.projecting.snapshot import Snapshot
from daybook.reading.findings import findings_beside, with_findings
from daybook.reading.histories import Entry, interleaved
from daybook.reading.removal import is_removed, of_its_group

APPOINTMENTS_MAX: Final = 1_000
"""Of one visit; more in one group are a mistake of the sender, and those told of longest ago are left out."""
REBOOKED_MAX: Final = 100
FEEDBACK: Final = (
    "feedback_at_ns",
    "feedback_delivery_id",
    "feedback_version",
    "feedback_rating",
    "feedback_rating_service",
    "feedback_rating_therapist",
    "feedback_rating_ambience",
    "feedback_rating_cleanliness",
)
"""Columns of a group that its appointments show too."""

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of one guest."""

    group: Row | None
    """None where only its appointments were told of."""
    appointments: list[Row]
    """By their start, with what their group tells of them; those that were removed too, or are in another group now."""
    is_complete: bool
    """Whether there are no more of them, nor of the groups that replace it."""
    rebooked_as: list[str]
    """The groups that replace it."""
    findings: list[Row]
    """What cannot be right about the group."""


def with_groups(snapshot: Snapshot, rows: Sequence[Row]) -> list[Row]:
    """Rows of appointments with what their groups tell of them, and their `findings`.

    That is `group_status`, `removed` and the visit's feedback in brief, in the columns that `FEEDBACK` names.
    """
    if not snapshot.has("appointments_groups", "appointments_findings"):
        # During a deployment the live version may still be one that did not know them.
        nothing: Row = {"group_status": None, "removed": False, **dict.fromkeys(FEEDBACK), "findings": []}
        return [{**row, **nothing} for row in rows]
    appointments, groups = snapshot.named("appointments"), snapshot.named("appointments_groups")
    query = (
        select(
            appointments.c.stream_id,
            groups.c.status.label("group_status"),
            is_removed(appointments, groups).label("removed"),
            *(groups.c[name] for name in FEEDBACK),
        )
        .select_from(appointments.outerjoin(groups, of_its_group(appointments, groups)))
        .where(appointments.c.stream_id.in_([row["stream_id"] for row in rows]))
    )
    told = {row["stream_id"]: dict(row) for row in snapshot.connection.execute(query).mappings()}
    return with_findings(snapshot, Kind.APPOINTMENT, [{**row, **told[row["stream_id"]]} for row in rows])


def visit(snapshot: Snapshot, source: str, group_id: str) -> Visit | None:
    """The visit of this normalized id; None where neither the group nor an appointment of it was told of."""
    told = group(snapshot, source, group_id)
    appointments = _appointments(snapshot, source, group_id)
    if told is None and not appointments:
        return None
    appointments += _elsewhere(snapshot, source, group_id, [] if told is None else _ever_listed(told))
    rebooked_as = _rebooked_as(snapshot, source, group_id)
    shown = sorted(appointments[:APPOINTMENTS_MAX], key=lambda row: (row["start_time"] or "", row["appointment_id"]))
    return Visit(
        told,
        [_seen_from(group_id, row) for row in with_groups(snapshot, shown)],
        is_complete=len(appointments) <= APPOINTMENTS_MAX and len(rebooked_as) <= REBOOKED_MAX,
        rebooked_as=rebooked_as[:REBOOKED_MAX],
        findings=findings_beside(snapshot, Kind.APPOINTMENT_GROUP, source, [group_id]).get(group_id, []),
    )


def history_of(journal: Journal, source: str, group_id: str, found: Visit, upto: int) -> list[Entry]:
    """What happened to the group and to these appointments up to a position, in order of occurrence."""
    ids = [stream_id(source, Kind.APPOINTMENT_GROUP, group_id)]
    ids += [stream_id(source, Kind.APPOINTMENT, row["appointment_id"]) for row in found.appointments]
    return interleaved(journal.streams(ids, upto).values())


def group(snapshot: Snapshot, source: str, group_id: str) -> Row | None:
    """The row of the group alone; None where nothing was told of it itself."""
    groups = snapshot.named("appointments_groups")
    query = select(groups).where(groups.c.source == source, groups.c.appointment_group_id == group_id)
    row = snapshot.connection.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def _appointments(snapshot: Snapshot, source: str, group_id: str) -> list[Row]:
    table = snapshot.named("appointments")
    query = (
        select(table)
        .where(table.c.source == source, table.c.appointment_group_id == group_id)
        .order_by(table.c.occurred_at_ns.desc(), table.c.appointment_id.desc())
        .limit(APPOINTMENTS_MAX + 1)
    )
    return [dict(row) for row in snapshot.connection.execute(query).mappings()]


def _ever_listed(told: Row) -> list[str]:
    """All that the lists of this group ever named, what the latest of them does first."""
    lists = [told["appointment_ids"], told["also_listed"]]
    return [one for ids in lists if ids is not None for one in msgspec.json.decode(ids, type=list[str])]


def _elsewhere(snapshot: Snapshot, source: str, group_id: str, listed: Sequence[str]) -> list[Row]:
    """Those of these appointments that are in another group now, or in none."""
    table = snapshot.named("appointments")
    ids = [stream_id(source, Kind.APPOINTMENT, one).hex for one in listed]
    query = select(table).where(table.c.stream_id.in_(ids)).order_by(table.c.appointment_id)
    rows = [dict(row) for row in snapshot.connection.execute(query).mappings()] if ids else []
    return [row for row in rows if row["appointment_group_id"] != group_id]


def _seen_from(group_id: str, row: Row) -> Row:
    """An appointment as its visit shows it, also where it left that for another one."""
    moved_to = None if row["appointment_group_id"] == group_id else row["appointment_group_id"]
    return {**row, "moved_to": moved_to, "removed": row["removed"] or row["appointment_group_id"] is None}


def _rebooked_as(snapshot: Snapshot, source: str, group_id: str) -> list[str]:
    """As `domain.visit.rebooked_as` tells it."""
    groups = snapshot.named("appointments_groups")
    own_id = groups.c.appointment_group_id
    query = (
        select(own_id)
        .where(groups.c.source == source, groups.c.rebooked_source_group_id == group_id, own_id != group_id)
        .order_by(own_id)
        .limit(REBOOKED_MAX + 1)
    )
    return list(snapshot.connection.scalars(query))
