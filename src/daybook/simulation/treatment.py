"""The treatment of a guest: the appointments of a visit start and complete, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from daybook.simulation.entry import progressed
from daybook.simulation.fact import Fact
from daybook.simulation.instant import MINUTE_NS, SECOND_NS, moment
from daybook.simulation.spelling import spelt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daybook.simulation.chance import Chance
    from daybook.simulation.visit import Appointment, Visit

_TOLD_TOGETHER: Final = 0.25
_TOLD_ONE_BY_ONE: Final = 0.45
_FORGOTTEN_AT_FIRST: Final = 0.02
_NEVER_COMPLETED: Final = 0.03
_NOT_STARTED, _STARTED, _COMPLETED = range(3)

_Shown: TypeAlias = "list[tuple[Appointment, int]]"
"""What one webhook lists: appointments, each with its progress at that time."""


def treat(visit: Visit, chance: Chance) -> Iterator[Fact]:
    """Started and Completed of every appointment, in order of time."""
    for at_ns, what, shown in _steps(visit, chance):
        data = {
            "invoice_id": visit.invoice_id,
            "invoice_number": visit.invoice_number,
            "appointment_group_id": spelt(visit.group_id, chance),
            "center_id": visit.center.id,
            "appointments": progressed(visit, shown, chance),
        }
        yield Fact(at_ns, f"Appointment.{what}", data, (visit.group_id,))


def _steps(visit: Visit, chance: Chance) -> Iterator[tuple[int, str, _Shown]]:
    appointments = visit.appointments
    if chance.happens(_TOLD_TOGETHER):
        started_at_ns, completed_at_ns = _span(appointments[0].starts_at_ns, appointments[-1].ends_at_ns, chance)
        yield started_at_ns, "Started", [(appointment, _STARTED) for appointment in appointments]
        yield completed_at_ns, "Completed", [(appointment, _COMPLETED) for appointment in appointments]
        return
    whole = not chance.happens(_TOLD_ONE_BY_ONE)
    progress = [_NOT_STARTED] * len(appointments)
    after_ns = 0
    for index, appointment in enumerate(appointments):
        shown = slice(None) if whole else slice(index, index + 1)
        starts_at_ns = max(appointment.starts_at_ns, after_ns)
        started_at_ns, after_ns = _span(starts_at_ns, max(appointment.ends_at_ns, starts_at_ns), chance)
        progress[index] = _STARTED
        yield started_at_ns, "Started", list(zip(appointments[shown], progress[shown], strict=True))
        if not chance.happens(_NEVER_COMPLETED):
            progress[index] = _COMPLETED
            yield after_ns, "Completed", list(zip(appointments[shown], progress[shown], strict=True))


def _span(planned_from_ns: int, planned_until_ns: int, chance: Chance) -> tuple[int, int]:
    started_at_ns = moment(planned_from_ns, planned_from_ns + 8 * MINUTE_NS, chance)
    completed_at_ns = moment(max(started_at_ns, planned_until_ns), planned_until_ns + 12 * MINUTE_NS, chance)
    if chance.happens(_FORGOTTEN_AT_FIRST):
        # Both are then told within one second, and only the 100 ns of the timestamp tell which came first.
        return completed_at_ns, moment(completed_at_ns, completed_at_ns + SECOND_NS, chance)
    return started_at_ns, completed_at_ns
