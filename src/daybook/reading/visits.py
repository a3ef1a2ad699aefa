"""The visit: an appointment group and its appointments, each as it is now, joined where it is read and never stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

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

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of one guest."""

    group: Row | None
    """None where only its appointments were told of."""
    appointments: list[Row]
    """By their start, with what their group tells of them; those that were removed too."""
    is_complete: bool
    """Whether there are no more of them."""
    rebooked_as: list[str]
    """The groups that replace it."""
    findings: list[Row]
    """What cannot be right about the group."""


def with_groups(snapshot: Snapshot, rows: Sequence[Row]) -> list[Row]:
    """Rows of appointments with what their groups tell of them, `group_status` and `removed`, and their `findings`."""
    appointments, groups = snapshot.named("appointments"), snapshot.named("appointments_groups")
    query = (
        select(
            appointments.c.stream_id,
            groups.c.status.label("group_status"),
            is_removed(appointments, groups).label("removed"),
        )
        .select_from(appointments.outerjoin(groups, of_its_group(appointments, groups)))
        .where(appointments.c.stream_id.in_([row["stream_id"] for row in rows]))
    )
    told = {row["stream_id"]: dict(row) for row in snapshot.connection.execute(query).mappings()}
    return with_findings(snapshot, Kind.APPOINTMENT, [{**row, **told[row["stream_id"]]} for row in rows])


def visit(snapshot: Snapshot, source: str, group_id: str) -> Visit | None:
    """The visit of this normalized id; None where neither the group nor an appointment of it was told of."""
    group = _group(snapshot, source, group_id)
    appointments = _appointments(snapshot, source, group_id)
    if group is None and not appointments:
        return None
    shown = sorted(appointments[:APPOINTMENTS_MAX], key=lambda row: (row["start_time"] or "", row["appointment_id"]))
    return Visit(
        group,
        with_groups(snapshot, shown),
        is_complete=len(appointments) <= APPOINTMENTS_MAX,
        rebooked_as=_rebooked_as(snapshot, source, group_id),
        findings=findings_beside(snapshot, Kind.APPOINTMENT_GROUP, source, [group_id]).get(group_id, []),
    )


def history_of(journal: Journal, source: str, group_id: str, found: Visit, upto: int) -> list[Entry]:
    """What happened to the group and to these appointments up to a position, in order of occurrence."""
    ids = [stream_id(source, Kind.APPOINTMENT_GROUP, group_id)]
    ids += [stream_id(source, Kind.APPOINTMENT, row["appointment_id"]) for row in found.appointments]
    return interleaved(journal.streams(ids, upto).values())


def _group(snapshot: Snapshot, source: str, group_id: str) -> Row | None:
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


def _rebooked_as(snapshot: Snapshot, source: str, group_id: str) -> list[str]:
    """As `domain.visit.rebooked_as` tells it."""
    groups = snapshot.named("appointments_groups")
    own_id = groups.c.appointment_group_id
    query = (
        select(own_id)
        .where(groups.c.source == source, groups.c.rebooked_source_group_id == group_id, own_id != group_id)
        .order_by(own_id)
        .limit(REBOOKED_MAX)
    )
    return list(snapshot.connection.scalars(query))
