"""Which visits and appointments are on a day, and how they stand."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, exists, func, or_, select, true, union

from daybook.projecting.snapshot import Snapshot
from daybook.reading.clocks import Clocks
from daybook.reading.removal import is_removed, of_its_group

_FETCH_ROWS: Final = 1_000
"""So many are held in memory at once: a day of a large chain has more."""


@dataclass(slots=True)
class Schedule:
    """What is on the day."""

    statuses: Counter[str | None] = field(default_factory=Counter)
    """Visits by the status of their group; None where nothing told one."""
    visits_undated: int = 0
    progress: Counter[str] = field(default_factory=Counter)
    """Appointments by progress, without those that were removed from their group."""
    removed: int = 0
    undated: int = 0
    centers: set[str | None] = field(default_factory=set)
    """Where any of this is."""


def count_schedule(appointments: Snapshot, source: str, center_id: str | None, clocks: Clocks) -> Schedule:
    """The figures of one center, or of all.

    An *appointment* is on the day of its start as it was told in wall clock at the center; else on that of its start in
    UTC by its center's clock, where that is known. Its center is its own, else its group's.
    A *visit* is on the day of the earliest of its appointments that are not removed, and where no such one has a day,
    of those that are. Its center is that of the appointment (of several, the first by id), else its group's.
    What has no day is undated: it is counted on the day on which something was last told of it, the group or the
    appointment itself. Such a visit is at its group's center, and where that tells none at that of its appointments.
    """
    reading = _Reading(appointments, source, center_id, clocks)
    found = Schedule()
    for visit in reading.visits():
        _count_visit(found, visit, center_id)
    _count_appointments(found, reading.without_group(), center_id)
    for told in reading.undated():
        if center_id in {None, told.center_id}:
            found.undated += 1
            found.centers.add(told.center_id)
    for center in reading.undated_visits():
        if center_id in {None, center}:
            found.visits_undated += 1
            found.centers.add(center)
    return found


@dataclass(frozen=True, slots=True)
class _Appointment:
    center_id: str | None
    status: str | None
    """Of its group."""
    progress: str
    is_removed: bool
    beside: int | None
    """On a day before (-1), on the day (0) or after it (1); None where it has no day."""


def _count_visit(found: Schedule, visit: list[_Appointment], center_id: str | None) -> None:
    _count_appointments(found, visit, center_id)
    dated = [told for told in visit if told.beside is not None]
    dating = [told for told in dated if not told.is_removed] or dated
    days = {told.beside for told in dating}
    if 0 not in days or -1 in days:
        return
    center = min((told.center_id for told in dating if told.beside == 0 and told.center_id is not None), default=None)
    if center_id in {None, center}:
        found.statuses[visit[0].status] += 1
        found.centers.add(center)


def _count_appointments(found: Schedule, appointments: Iterable[_Appointment], center_id: str | None) -> None:
    for told in appointments:
        if told.beside != 0 or center_id not in {None, told.center_id}:
            continue
        found.centers.add(told.center_id)
        if told.is_removed:
            found.removed += 1
        else:
            found.progress[told.progress] += 1


class _Reading:
    """The rows that can be on the day: found by the day itself, or by an instant that is the day somewhere."""

    def __init__(self, snapshot: Snapshot, source: str, center_id: str | None, clocks: Clocks) -> None:
        self._connection = snapshot.connection
        self._appointments = snapshot.named("appointments")
        self._groups = snapshot.named("appointments_groups")
        self._source = source
        self._center_id = center_id
        self._clocks = clocks

    def visits(self) -> Iterator[list[_Appointment]]:
        """Every visit with an appointment that can be on the day: all of its appointments, whatever their day."""
        group_id = self._appointments.c.appointment_group_id
        ids = union(*(select(group_id).where(*candidates) for candidates in self._candidates())).subquery()
        query = (
            self._told_of(group_id == ids.c.appointment_group_id).join(ids, true()).order_by(ids.c.appointment_group_id)
        )
        for _, visit in itertools.groupby(self._rows(query), key=lambda row: row.appointment_group_id):
            yield [self._appointment(row) for row in visit]

    def without_group(self) -> Iterator[_Appointment]:
        """Appointments that can be on the day and belong to no visit that was told of."""
        for candidates in self._candidates():
            query = self._told_of(*candidates, self._appointments.c.appointment_group_id.is_(None))
            yield from map(self._appointment, self._rows(query))

    def undated(self) -> Iterator[_Appointment]:
        """Appointments without a day of which something was last told on this one."""
        own = self._appointments.c
        for row in self._rows(self._told_of(*self._around(own.occurred_at_ns), own.day_in_center.is_(None))):
            told = self._appointment(row)
            if told.beside is None and self._clocks.of(told.center_id).shows(row.occurred_at_ns):
                yield told

    def undated_visits(self) -> Iterator[str | None]:
        """The centers of the groups that have no appointment with a day, and were last told of on this one."""
        groups, own, other = self._groups, self._appointments, self._appointments.alias()
        dated = exists().where(of_its_group(other, groups), other.c.day_in_center.is_not(None))
        query = (
            select(groups.c.center_id, groups.c.occurred_at_ns, own.c.center_id.label("own_center_id"))
            .add_columns(groups.c.appointment_group_id, own.c.start_at_ns)
            .select_from(groups.outerjoin(own, of_its_group(own, groups)))
            .where(groups.c.source == self._source, *self._around(groups.c.occurred_at_ns), ~dated)
            .order_by(groups.c.occurred_at_ns, groups.c.appointment_group_id)
        )
        for _, rows in itertools.groupby(self._rows(query), key=lambda row: row.appointment_group_id):
            of_group = list(rows)
            group = of_group[0]
            is_dated = any(
                row.start_at_ns is not None and self._clocks.of(row.own_center_id or row.center_id).is_known
                for row in of_group
            )
            told = [row.own_center_id for row in of_group if row.own_center_id is not None]
            center_id = group.center_id or min(told, default=None)
            if not is_dated and self._clocks.of(center_id).shows(group.occurred_at_ns):
                yield center_id

    def _candidates(self) -> list[list[ColumnElement[bool]]]:
        """By the wall clock, and where that was not told by the start in UTC: each is found by an index of its own."""
        own = self._appointments.c
        scope = [own.source == self._source]
        if self._center_id is not None:
            scope.append(or_(own.center_id == self._center_id, own.center_id.is_(None)))
        by_wall_clock = [*scope, own.day_in_center == self._clocks.date]
        by_utc = [*scope, own.day_in_center.is_(None), *self._around(own.start_at_ns)]
        return [by_wall_clock, by_utc]

    def _around(self, at_ns: ColumnElement[int]) -> list[ColumnElement[bool]]:
        around = self._clocks.around
        return [at_ns >= around.from_ns, at_ns < around.to_ns]

    def _told_of(self, *where: ColumnElement[bool]) -> Select[Any]:
        """Appointments with what their groups tell of them."""
        own, groups = self._appointments, self._groups
        return (
            select(
                own.c.appointment_group_id,
                func.coalesce(own.c.center_id, groups.c.center_id).label("center_id"),
                groups.c.status,
                own.c.progress,
                is_removed(own, groups).label("is_removed"),
                own.c.day_in_center,
                own.c.start_at_ns,
                own.c.occurred_at_ns,
            )
            .select_from(own.outerjoin(groups, of_its_group(own, groups)))
            .where(own.c.source == self._source, *where)
        )

    def _rows(self, query: Select[Any]) -> Iterator[Row[Any]]:
        yield from self._connection.execute(query, execution_options={"yield_per": _FETCH_ROWS})

    def _appointment(self, row: Row[Any]) -> _Appointment:
        beside = self._beside(row.day_in_center, row.start_at_ns, row.center_id)
        return _Appointment(row.center_id, row.status, row.progress, bool(row.is_removed), beside)

    def _beside(self, day: str | None, start_at_ns: int | None, center_id: str | None) -> int | None:
        if day is not None:
            return (day > self._clocks.date) - (day < self._clocks.date)
        return None if start_at_ns is None else self._clocks.of(center_id).beside(start_at_ns)
