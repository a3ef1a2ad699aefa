"""What centers' clocks show: when a day begins and ends there, from what appointments told in UTC and wall clock."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, select, union_all

from daybook.domain.calendar import Span, around, day_in_center
from daybook.domain.clock import Offset, in_center, offset_minutes_at
from daybook.projecting.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Clock:
    """One day as the clock of one center shows it."""

    center_id: str | None
    date: str
    offsets: tuple[Offset, ...]
    """What was told of the center's offset around the day; empty where nothing ever was: then the day is UTC's."""
    spans: tuple[Span, ...]
    """The day. Rarely none at all: a center that crosses the date line skips one."""

    @property
    def is_known(self) -> bool:
        """Whether anything ever told the center's offset."""
        return bool(self.offsets)

    def shows(self, at_ns: int) -> bool:
        """Whether this instant is in the day."""
        return any(span.from_ns <= at_ns < span.to_ns for span in self.spans)

    def beside(self, at_ns: int) -> int | None:
        """Whether the clock shows an earlier day (-1), this one (0) or a later one (1); None where it is not known."""
        minutes = offset_minutes_at(at_ns, self.offsets)
        if minutes is None:
            return None
        date = in_center(at_ns, minutes)[: len(self.date)]
        return (date > self.date) - (date < self.date)


class Clocks:
    """The clocks of one source on one day, each looked up once; `appointments` is a snapshot of that projection."""

    def __init__(self, appointments: Snapshot, source: str, date: str) -> None:
        self.date = date
        self.around = around(date)
        self._connection = appointments.connection
        self._table = appointments.named("appointments", "utc_offset_at_ns", "utc_offset_minutes")
        self._source = source
        self._found: dict[str | None, Clock] = {}

    def of(self, center_id: str | None) -> Clock:
        """The clock of this center; that of no center is never known."""
        clock = self._found.get(center_id)
        if clock is None:
            offsets = () if center_id is None else self._offsets(center_id)
            clock = self._found[center_id] = Clock(center_id, self.date, offsets, day_in_center(self.date, offsets))
        return clock

    def _offsets(self, center_id: str) -> tuple[Offset, ...]:
        """Those told of moments around the day, and the nearest ones on both sides: no other can be the nearest."""
        at_ns, minutes = self._table.c.utc_offset_at_ns, self._table.c.utc_offset_minutes
        of_center = select(at_ns, minutes).where(
            self._table.c.source == self._source, self._table.c.center_id == center_id
        )
        before = of_center.where(at_ns < self.around.from_ns).order_by(at_ns.desc(), minutes).limit(1)
        within = of_center.where(at_ns >= self.around.from_ns, at_ns < self.around.to_ns).distinct()
        after = of_center.where(at_ns >= self.around.to_ns).order_by(at_ns, minutes).limit(1)
        query = union_all(*(_whole(part) for part in (before, within, after)))
        found = self._connection.execute(query).mappings()
        return tuple(Offset(told["utc_offset_at_ns"], told["utc_offset_minutes"]) for told in found)


def _whole(part: Select[tuple[int, int]]) -> Select[tuple[int, int]]:
    """SQLite takes an order and a limit only within a statement of its own."""
    table = part.subquery()
    return select(table.c.utc_offset_at_ns, table.c.utc_offset_minutes)
