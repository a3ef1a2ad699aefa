"""What a group and its appointments tell of each other: never stored, computed from both as they are now."""

from __future__ import annotations

from collections.abc import Iterable

from daybook.domain.appointment import Appointment
from daybook.domain.appointment_group import AppointmentGroup
from daybook.domain.fold import HistoryEntry


def is_removed(appointment: Appointment, group: AppointmentGroup | None) -> bool:
    """Whether the appointment was taken out of its group.

    It is where the group's latest whole list does not name it and occurred after all that was told of the appointment
    itself: an old list that arrives late neither revives nor removes anything, and what was told after the list is
    not taken away by it.
    """
    if group is None or group.list_place is None or group.appointment_group_id != appointment.appointment_group_id:
        return False
    listed = isinstance(group.appointment_ids, tuple) and appointment.appointment_id in group.appointment_ids
    return not listed and group.list_place > appointment.place


def rebooked_as(group_id: str, groups: Iterable[AppointmentGroup]) -> tuple[str, ...]:
    """The groups that replace this one: those that name it as their `rebooked_source_group_id`, sorted by id."""
    return tuple(
        sorted(
            group.appointment_group_id
            for group in groups
            if group.rebooked_source_group_id == group_id != group.appointment_group_id
        )
    )


def interleaved(*histories: Iterable[HistoryEntry]) -> list[HistoryEntry]:
    """Histories of several aggregates as one, in order of occurrence; `entry.event.KIND` marks whose each one is."""
    return sorted(
        (entry for history in histories for entry in history),
        key=lambda entry: (entry.event.order_of_occurrence, entry.event.subject_id),
    )
