"""The aggregates daybook knows: each a kind of stream, its events, and its fold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from daybook.domain import appointment, appointment_group, class_session, registration
from daybook.domain.events import Event
from daybook.domain.identity import Kind


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One kind of aggregate: `begin` gives the state before the first event, `evolve` the state after one more."""

    kind: Kind
    state: type[Any]
    begin: Callable[[Any], Any]
    evolve: Callable[[Any, Any], Any]
    events: tuple[type[Event], ...]
    withdrawn: type[Event]
    """The one of them that takes another one back."""


REGISTRATION: Final = Aggregate(
    kind=Kind.REGISTRATION,
    state=registration.Registration,
    begin=registration.begin,
    evolve=registration.evolve,
    events=(
        registration.Created,
        registration.Approved,
        registration.Rejected,
        registration.Cancelled,
        registration.Deleted,
        registration.NoShow,
        registration.Withdrawn,
    ),
    withdrawn=registration.Withdrawn,
)
APPOINTMENT: Final = Aggregate(
    kind=Kind.APPOINTMENT,
    state=appointment.Appointment,
    begin=appointment.begin,
    evolve=appointment.evolve,
    events=(appointment.Scheduled, appointment.Started, appointment.Completed, appointment.Withdrawn),
    withdrawn=appointment.Withdrawn,
)
APPOINTMENT_GROUP: Final = Aggregate(
    kind=Kind.APPOINTMENT_GROUP,
    state=appointment_group.AppointmentGroup,
    begin=appointment_group.begin,
    evolve=appointment_group.evolve,
    events=(
        appointment_group.Listed,
        appointment_group.StatusChanged,
        appointment_group.Deleted,
        appointment_group.FeedbackGiven,
        appointment_group.Withdrawn,
    ),
    withdrawn=appointment_group.Withdrawn,
)
CLASS_SESSION: Final = Aggregate(
    kind=Kind.CLASS_SESSION,
    state=class_session.ClassSession,
    begin=class_session.begin,
    evolve=class_session.evolve,
    events=(
        class_session.Created,
        class_session.Updated,
        class_session.Cancelled,
        class_session.Deleted,
        class_session.Withdrawn,
    ),
    withdrawn=class_session.Withdrawn,
)

AGGREGATES: Final[Mapping[Kind, Aggregate]] = MappingProxyType(
    {aggregate.kind: aggregate for aggregate in (REGISTRATION, APPOINTMENT, APPOINTMENT_GROUP, CLASS_SESSION)}
)
EVENT_TYPES: Final[Mapping[str, type[Event]]] = MappingProxyType(
    {event.TOPIC: event for aggregate in AGGREGATES.values() for event in aggregate.events}
)
"""By topic."""
