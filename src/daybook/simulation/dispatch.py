"""How facts become webhooks: the envelope, the ids, and what can go wrong on the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from daybook.simulation.chance import Chance
from daybook.simulation.instant import HOUR_NS, MINUTE_NS, SECOND_NS, utc_text
from daybook.simulation.webhook import Webhook, encode

if TYPE_CHECKING:
    from daybook.simulation.fact import Fact
    from daybook.simulation.scenario import Disorder

TRANSIT_NS: Final = SECOND_NS
"""The time from a fact to its webhook, the same for all: undisturbed, they arrive in the order of what happened."""
_LATE_NS: Final = (15 * MINUTE_NS, 6 * HOUR_NS)
_SHUFFLED_NS: Final = (5 * SECOND_NS, 10 * MINUTE_NS)
_AGAIN_NS: Final = (30 * SECOND_NS, 10 * MINUTE_NS)
"""Zenoti's retries come 30 s to 10 min after the attempt before."""
_TOLD_BY_ANOTHER: Final = 0.5
_NO_RESOURCE_EVERY: Final = 16
_IDS_A_FACT: Final = 4
"""One id for the event, two for the calls that tell it, and one that is never given out."""
_COUNTER: Final = 1 << 24
_BARE: Final = frozenset({
    "Class.Booking.Approved", "Class.Booking.Rejected", "Appointment.Started", "Appointment.Completed",
    "Appointment.Feedback",
})  # fmt: skip
_SUBJECTS: Final = ("registration_id", "sesion_id", "appointment_group_id")
_NEVER_BARE_KEYS: Final = frozenset({"is_recurring", "guest_registration_ids"})


class Dispatch:
    """Makes the one or two webhooks of each fact.

    Disorder has a chance of its own, so that the same facts happen under any disorder, with the same event ids.
    """

    __slots__ = ("_chance", "_disorder", "_first", "_machine")

    def __init__(self, seed: int, disorder: Disorder) -> None:
        self._disorder = disorder
        self._chance = Chance(seed, "dispatch")
        self._machine = f"{self._chance.between(0, (1 << 40) - 1):010x}"
        self._first = self._chance.between(0, _COUNTER - 1)

    def webhooks(self, fact: Fact, number: int) -> list[Webhook]:
        """The webhooks of the next fact; facts are numbered from 0."""
        chance, disorder = self._chance, self._disorder
        bare = chance.happens(disorder.bare) and fact.event_type in _BARE
        body = encode(_bare_data(fact) if bare else self._envelope(fact, number))
        if chance.happens(disorder.malformed):
            body = _malform(body, chance)
        event_type = fact.event_type if bare else None
        arrived_at_ns = fact.occurred_at_ns + TRANSIT_NS + self._delay_ns()
        told = [Webhook(event_type, body, arrived_at_ns)]
        if chance.happens(disorder.repeated):
            if chance.happens(_TOLD_BY_ANOTHER):
                first, second = (self._id(fact, number, call).encode() for call in (1, 2))
                body = body.replace(first, second, 1)
            told.append(Webhook(event_type, body, arrived_at_ns + chance.between(*_AGAIN_NS)))
        return told

    def event_id(self, fact: Fact, number: int) -> str:
        """The `event_id` under which the webhooks of this fact tell it."""
        return self._id(fact, number, 0)

    def _delay_ns(self) -> int:
        chance, disorder = self._chance, self._disorder
        late_ns = chance.between(*_LATE_NS) if chance.happens(disorder.late) else 0
        return late_ns + (chance.between(*_SHUFFLED_NS) if chance.happens(disorder.shuffled) else 0)

    def _envelope(self, fact: Fact, number: int) -> dict[str, Any]:
        # Seen on the wire: the resource is null at times.
        resource = fact.event_type.partition(".")[0] if number % _NO_RESOURCE_EVERY else None
        return {
            "id": self._id(fact, number, 1),
            "event_id": self.event_id(fact, number),
            "event_schema": "v1",
            "event_resource": resource,
            "event_type": fact.event_type,
            "event_timestamp": utc_text(fact.occurred_at_ns),
            "data": fact.data,
        }

    def _id(self, fact: Fact, number: int, call: int) -> str:
        """The id of the event (0) or of a call: 24 hex digits as Zenoti's are, of second, machine and counter."""
        counter = (self._first + number * _IDS_A_FACT + call) % _COUNTER
        return f"{fact.occurred_at_ns // SECOND_NS:08x}{self._machine}{counter:06x}"


def _bare_data(fact: Fact) -> dict[str, Any]:
    """The data alone; the documented bookings of this form lack two keys and tell the waitlist that was left."""
    if not fact.event_type.startswith("Class."):
        return fact.data
    return {key: value for key, value in fact.data.items() if key not in _NEVER_BARE_KEYS} | {"waitlist": True}


def _malform(body: bytes, chance: Chance) -> bytes:
    """A body that cannot be understood, in one of the ways that were seen."""
    if b'"equipment_id":' in body and chance.happens(0.5):
        return body.replace(b'"equipment_id":', b'"equipment_id: ')
    if chance.happens(0.5):
        return body[: chance.between(len(body) // 2, len(body) - 1)]
    content = json.loads(body)
    data = content.get("data", content)
    if data.get("appointments"):
        data["appointments"] = "none"
    elif subject := next((key for key in _SUBJECTS if key in data), None):
        data[subject] = {}
    else:
        content["data"] = None
    return encode(content)
