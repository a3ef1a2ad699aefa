"""Reads what was told of visits as a careful person would, and says what cannot be right."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from daybook.simulation.finding import Finding, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daybook.simulation.fact import Fact

_NOT_STARTED, _STARTED, _COMPLETED = 0, 1, 2
_DELETED: Final = 7
_DOCUMENTED: Final = frozenset({-3, -2, -1, 0, 1, 2, 4, 7, 8, 10, 11, 20, 21})


@dataclass(slots=True)
class Dossier:
    """What is known of groups and of their appointments."""

    _listed: set[str] = field(default_factory=set)
    _progress: dict[str, list[int]] = field(default_factory=dict)
    _deleted: set[str] = field(default_factory=set)
    _after_deleted: set[str] = field(default_factory=set)
    _undocumented: set[str] = field(default_factory=set)

    def read(self, fact: Fact) -> None:
        """Takes a fact in; they come in the order of what happened."""
        data = fact.data
        group = data["appointment_group_id"].lower()
        status = data["appointment_group_status"] if fact.event_type == "AppointmentGroup.Status" else None
        if fact.event_type == "AppointmentGroup.Created":
            self._deleted.discard(group)
        elif fact.event_type == "AppointmentGroup.Delete" or status == _DELETED:
            self._deleted.add(group)
        elif group in self._deleted and fact.event_type != "Appointment.Feedback":
            self._after_deleted.add(group)
        if status is not None and status not in _DOCUMENTED:
            self._undocumented.add(group)
        for entry in data.get("appointments") or ():
            self._read_entry(entry["id"].lower(), entry.get("appointment_progress"))

    def findings(self) -> Iterator[Finding]:
        """What cannot be right, when everything has been read."""
        for appointment, told in self._progress.items():
            subject = Subject("appointment", appointment)
            if _COMPLETED in told and _STARTED not in told:
                yield Finding("completed_without_started", subject)
            if _is_started_after_completed(told):
                yield Finding("started_after_completed", subject)
            if any(told) and appointment not in self._listed:
                yield Finding("appointment_without_group", subject)
        for group in self._after_deleted:
            yield Finding("after_deleted", Subject("appointment-group", group))
        for group in self._undocumented:
            yield Finding("unknown_status_code", Subject("appointment-group", group))

    def _read_entry(self, appointment: str, progress: int | str | None) -> None:
        if progress is None:
            self._listed.add(appointment)
        else:
            self._progress.setdefault(appointment, []).append(int(progress))


def _is_started_after_completed(told: list[int]) -> bool:
    """Unless it was told to be open again in between."""
    completed = False
    for progress in told:
        if completed and progress == _STARTED:
            return True
        completed = progress == _COMPLETED or (completed and progress != _NOT_STARTED)
    return False
