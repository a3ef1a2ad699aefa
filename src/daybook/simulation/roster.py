"""Reads what was told of classes as a careful person would, and says what cannot be right."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from daybook.simulation.finding import Finding, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daybook.simulation.fact import Fact

_TAKES_A_PLACE: Final = frozenset({"booked", "approved", "no_show"})
_ENDED: Final = frozenset({"cancelled", "deleted", "no_show"})
_STATUS: Final = {
    "Approved": "approved",
    "Rejected": "rejected",
    "Cancelled": "cancelled",
    "Deleted": "deleted",
    "NoShow": "no_show",
}


@dataclass(slots=True)
class _Registration:
    status: str = "unknown"
    created: bool = False
    session: int | None = None
    gave_up: bool = False
    missed_a_return: bool = False


@dataclass(slots=True)
class Roster:
    """Who is in which class, and how many fit in."""

    _registrations: dict[int, _Registration] = field(default_factory=dict)
    _capacities: dict[int, int] = field(default_factory=dict)
    _called_off: set[int] = field(default_factory=set)

    def read(self, fact: Fact) -> None:
        """Takes a fact in; they come in the order of what happened."""
        data = fact.data
        _, subject, what = fact.event_type.split(".")
        if subject == "Schedule":
            self._read_schedule(data["sesion_id"], data["capacity"], what)
            return
        own = self._of(data["registration_id"])
        named = [self._of(guest["registration_id"]) for guest in data["training_virtual_guests"] or ()]
        guests = [*named, *map(self._of, data["guest_registration_ids"] or ())]
        siblings = [self._of(number) for number in data["recurrence_registration_ids"] or ()]
        own.session = data["session_id"]
        for guest in guests:
            guest.session = data["session_id"] if guest.session is None else guest.session
        if what == "Created":
            _create(own, guests, siblings, waitlist=data["waitlist"])
        else:
            _change(own, [*guests, *siblings], _STATUS[what])

    def findings(self) -> Iterator[Finding]:
        """What cannot be right, when everything has been read."""
        taken: dict[int, int] = {}
        for number, one in self._registrations.items():
            subject = Subject("registration", str(number))
            if not one.created:
                yield Finding("no_created", subject)
            if one.missed_a_return:
                yield Finding("no_show_after_cancelled", subject)
            if one.session is not None and one.status in _TAKES_A_PLACE:
                taken[one.session] = taken.get(one.session, 0) + 1
        for session, places in taken.items():
            capacity = 0 if session in self._called_off else self._capacities.get(session, 0)
            if 0 < capacity < places:
                yield Finding("capacity_exceeded", Subject("class-session", str(session)))

    def _read_schedule(self, session: int, capacity: int, what: str) -> None:
        self._capacities[session] = capacity
        if what == "Created":
            self._called_off.discard(session)
        elif what in {"Cancelled", "Deleted"}:
            self._called_off.add(session)

    def _of(self, number: int) -> _Registration:
        return self._registrations.setdefault(number, _Registration())


def _create(own: _Registration, guests: list[_Registration], siblings: list[_Registration], *, waitlist: bool) -> None:
    own.gave_up = False
    unknown = [one for one in guests if one.status == "unknown"]
    for one in (own, *unknown):
        one.status, one.created = "waitlisted" if waitlist else "booked", True
    for one in siblings:
        if one.status == "unknown":
            one.status, one.created = "booked", True


def _change(own: _Registration, others: list[_Registration], status: str) -> None:
    if status == "no_show" and own.gave_up:
        own.missed_a_return = True
    own.gave_up = status == "cancelled" or (own.gave_up and status != "approved")
    own.status = status
    if status in {"approved", "rejected"}:
        for one in others:
            one.status = one.status if one.status in _ENDED else status
