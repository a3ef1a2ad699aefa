"""The figures of a day computed the slow way: every state there is, folded from the journal, looked at one by one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from daybook.domain.appointment import Appointment
from daybook.domain.appointment_group import AppointmentGroup
from daybook.domain.clock import Offset, date_in_center, in_center, offset_minutes_at
from daybook.domain.events import Event
from daybook.domain.fold import fold
from daybook.domain.instants import parse_instant
from daybook.domain.registration import Registration
from daybook.domain.visit import is_removed
from daybook.errors import InvalidInstantError
from daybook.journal import Journal

Figures = dict[str, Any]
_ALL = 10_000


class Naive:
    """All states of one journal."""

    def __init__(self, journal: Journal) -> None:
        streams: defaultdict[Any, list[Event]] = defaultdict(list)
        for event in journal.select_events_after(0, _ALL):
            streams[event.originator_id].append(event)
        self._states = [fold(events) for events in streams.values()]
        self._groups: Mapping[str, AppointmentGroup] = {
            state.appointment_group_id: state for state in self._of(AppointmentGroup)
        }
        self._offsets: defaultdict[str | None, set[Offset]] = defaultdict(set)
        for state in self._of(Appointment):
            if isinstance(state.center_id, str) and state.utc_offset is not None:
                self._offsets[state.center_id].add(state.utc_offset)

    def figures(self, date: str, center_id: str | None) -> Figures:
        return {**self._bookings(date, center_id), **self._schedule(date, center_id)}

    def _of(self, kind: type[Any]) -> Iterable[Any]:
        return [state for state in self._states if isinstance(state, kind)]

    def _bookings(self, date: str, wanted: str | None) -> Figures:
        found: Counter[str] = Counter(dict.fromkeys(("bookings", "waitlisted", "cancellations", "no_shows"), 0))
        for state in self._of(Registration):
            center = _told(state.center_id)
            if wanted not in {None, center}:
                continue
            created = self._is_on(state.created_at_ns, center, date)
            found["bookings"] += created
            found["waitlisted"] += created and state.waitlist is True
            found["cancellations"] += self._is_on(state.cancelled_at_ns, center, date)
            found["no_shows"] += self._is_on(state.no_show_at_ns, center, date)
        return dict(found)

    def _schedule(self, date: str, wanted: str | None) -> Figures:
        progress: Counter[str] = Counter()
        removed = undated = visits_undated = 0
        visits: defaultdict[str, list[tuple[str, bool, str | None]]] = defaultdict(list)
        for state in self._of(Appointment):
            group = self._groups.get(_told(state.appointment_group_id) or "")
            center = _told(state.center_id) or (_told(group.center_id) if group else None)
            gone, day = is_removed(state, group), self._day(state, center)
            if day is not None and isinstance(state.appointment_group_id, str):
                visits[state.appointment_group_id].append((day, gone, center))
            if wanted not in {None, center}:
                continue
            if day is None:
                undated += self._is_on(state.occurred_at_ns, center, date)
            elif day == date and gone:
                removed += 1
            elif day == date:
                progress[state.progress] += 1
        for group_id, group in self._groups.items():
            center = _told(group.center_id) or self._center_of_appointments(group_id)
            undateable = group_id not in visits and wanted in {None, center}
            visits_undated += undateable and self._is_on(group.occurred_at_ns, center, date)
        return {
            "statuses": self._statuses(visits, date, wanted),
            "progress": dict(progress),
            "removed": removed,
            "undated": undated,
            "visits_undated": visits_undated,
        }

    def _center_of_appointments(self, group_id: str) -> str | None:
        own = [state for state in self._of(Appointment) if state.appointment_group_id == group_id]
        return min((state.center_id for state in own if isinstance(state.center_id, str)), default=None)

    def _statuses(
        self, visits: Mapping[str, list[tuple[str, bool, str | None]]], date: str, wanted: str | None
    ) -> dict[str | None, int]:
        statuses: Counter[str | None] = Counter()
        for group_id, told in visits.items():
            counting = [one for one in told if not one[1]] or told
            first = min(day for day, _, _ in counting)
            centers = [center for day, _, center in counting if day == first and center is not None]
            if first == date and wanted in {None, min(centers, default=None)}:
                status = self._groups[group_id].status if group_id in self._groups else None
                statuses[None if status is None else str(status)] += 1
        return dict(statuses)

    def _day(self, state: Appointment, center: str | None) -> str | None:
        day = date_in_center(state.start_time_in_center)
        minutes_known = self._offsets[center] and isinstance(state.start_time_utc, str)
        if day is not None or not minutes_known:
            return day
        try:
            return self._date(parse_instant(state.start_time_utc), center)
        except InvalidInstantError:
            return None

    def _is_on(self, at_ns: int | None, center: str | None, date: str) -> bool:
        return at_ns is not None and self._date(at_ns, center) == date

    def _date(self, at_ns: int, center: str | None) -> str:
        return in_center(at_ns, offset_minutes_at(at_ns, self._offsets[center]) or 0)[:10]


def _told(value: Any) -> str | None:  # noqa: ANN401  an id that may not have been told
    return value if isinstance(value, str) else None
