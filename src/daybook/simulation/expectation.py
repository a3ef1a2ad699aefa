"""What a careful reader finds in what was told: a second opinion on the read models, which shares no code with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from daybook.simulation.dossier import Dossier
from daybook.simulation.finding import Finding, Subject
from daybook.simulation.roster import Roster

if TYPE_CHECKING:
    from collections.abc import Iterable

    from daybook.simulation.fact import Fact

_TRACELESS: Final = {
    "Class.Booking.Created": "nothing more was told of the registrations that it books",
    "Class.Booking.Approved": "what followed would be possible without it",
    "Class.Booking.Rejected": "who waits may wait for ever",
    "Class.Booking.Cancelled": "a place that nobody gave up is as likely, and the class is not overbooked",
    "Class.Booking.Deleted": "a place that nobody gave up is as likely, and the class is not overbooked",
    "Class.Booking.NoShow": "a guest who came is told by nothing either",
    "Class.Schedule.Created": "no finding is about a session that was never created",
    "Class.Schedule.Updated": "the places that were known before are enough",
    "Class.Schedule.Cancelled": "bookings may be cancelled one by one",
    "Class.Schedule.Deleted": "a session may stay on the schedule",
    "AppointmentGroup.Created": "no appointment of it started, or another list named those that did",
    "AppointmentGroup.Updated": "another list named the appointments that started",
    "AppointmentGroup.Delete": "a visit may stay in the book",
    "AppointmentGroup.Status": "a status may be skipped",
    "Appointment.Started": "it was told again that the appointment is under way, or it was never completed",
    "Appointment.Completed": "an appointment may never be completed",
    "Appointment.Feedback": "nobody has to say anything",
}
_NOT_TRANSLATED: Final = "it is about no registration, no session, no appointment and no visit: kept, not translated"


def expected(facts: Iterable[Fact]) -> frozenset[Finding]:
    """The findings that these facts justify, if nothing else was told; they come in the order of what happened."""
    roster, dossier = Roster(), Dossier()
    for fact in facts:
        if fact.event_type.startswith("Class."):
            roster.read(fact)
        elif fact.event_type.startswith("Appointment"):
            dossier.read(fact)
    return frozenset((*roster.findings(), *dossier.findings()))


def subject(fact: Fact) -> Subject | None:
    """What a fact is about; None where that is nothing that has a state."""
    data = fact.data
    if fact.event_type.startswith("Class.Booking."):
        return Subject("registration", str(data["registration_id"]))
    if fact.event_type.startswith("Class.Schedule."):
        return Subject("class-session", str(data["sesion_id"]))
    if fact.event_type.startswith("Appointment"):
        return Subject("appointment-group", data["appointment_group_id"].lower())
    return None


def traceless(fact: Fact) -> str:
    """Why nothing is found though nobody told this fact."""
    return _TRACELESS.get(fact.event_type, _NOT_TRANSLATED)
