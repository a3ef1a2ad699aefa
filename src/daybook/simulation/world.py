"""The chain of centers: who works there, who comes, and what is offered. All of it is invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from daybook.simulation.chance import Chance
from daybook.simulation.instant import HOUR_NS, MINUTE_NS, midnight_ns
from daybook.simulation.scenario import CENTERS_MAX

# Offsets stay the year round: a daylight-saving rule would depend on the machine's time zone data.
_PLACES: Final = (
    ("Harbour Lane", -480), ("Old Mill", -420), ("Lakeside", -360), ("Union Square", -300), ("Canal Street", 0),
    ("Linden Court", 60), ("Garden Gate", 330), ("North Pier", 600),
)  # fmt: skip
UTC_OFFSET_MAX_NS: Final = 600 * MINUTE_NS
_FIRST_NAMES: Final = ("Ada", "Bruno", "Chloé", "Dmitri", "Elif", "Farid", "Grace", "Hana", "Ivo", "José", "Zoë")
_LAST_NAMES: Final = ("Abara", "Brandt", "Dvořák", "Eriksen", "Fontaine", "Gupta", "Hughes", "Ito", "Jensen")
_SERVICES: Final = (
    ("Deep Tissue Massage", 60), ("Express Facial", 30), ("Hot Stone Massage", 90), ("Manicure", 45),
    ("Scalp Ritual", 30), ("Sugar Scrub", 45),
)  # fmt: skip
_CLASSES: Final = ("Barre", "Morning Flow", "Pilates Mat", "Reformer", "Spin", "Strength 45", "Yin Yoga")
_CAPACITIES: Final = (6, 8, 10, 12, 16, 20)
_GUESTS: Final = 200
_THERAPISTS: Final = 6
_ROOMS: Final = 4
_PHONES_OF_FICTION: Final = 100
_SESSIONS_A_DAY_MAX: Final = 16
_FIRST_SESSION_HOUR: Final = 7
_SESSION_IDS_FROM: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Guest:
    """Who books."""

    id: str
    first_name: str
    last_name: str
    email: str
    phone: int
    """A number between 555-0100 and 555-0199, which are kept for fiction."""
    gender: int


@dataclass(frozen=True, slots=True)
class Service:
    """What an appointment is for."""

    id: str
    name: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Session:
    """One class at one time."""

    id: int
    class_id: int
    center_id: str
    capacity: int
    starts_at_ns: int
    ends_at_ns: int
    slot: int
    """Which one of its day; the same slot a week later is the same class."""


@dataclass(frozen=True, slots=True)
class Center:
    """One place of the chain."""

    index: int
    id: str
    name: str
    utc_offset_ns: int
    guests: tuple[Guest, ...]
    therapists: tuple[tuple[str, str], ...]
    """Id and name."""
    rooms: tuple[tuple[str, str], ...]
    """Id and name; the last one has neither, as where no room is assigned."""
    services: tuple[Service, ...]
    timetable: tuple[tuple[int, int], ...]
    """Class id and capacity of each slot of a day."""

    def opens_at_ns(self, day: date) -> int:
        """The first instant of a day by this center's clock."""
        return midnight_ns(day) - self.utc_offset_ns

    def session(self, day: date, slot: int) -> Session:
        """The session of a slot, the same one whenever it is asked for."""
        class_id, capacity = self.timetable[slot]
        place = (day.toordinal() - _SESSION_IDS_FROM) * CENTERS_MAX + self.index
        starts_at_ns = self.opens_at_ns(day) + (_FIRST_SESSION_HOUR + slot) * HOUR_NS + 15 * MINUTE_NS
        return Session(
            id=place * _SESSIONS_A_DAY_MAX + slot + 1,
            class_id=class_id,
            center_id=self.id,
            capacity=capacity,
            starts_at_ns=starts_at_ns,
            ends_at_ns=starts_at_ns + 45 * MINUTE_NS,
            slot=slot,
        )

    def session_in_weeks(self, session: Session, day: date, weeks: int) -> Session:
        """The session of the same slot, weeks later."""
        return self.session(day + timedelta(weeks=weeks), session.slot)


def centers(seed: int, how_many: int) -> tuple[Center, ...]:
    """The chain: the same centers in the same order, however many more there are."""
    return tuple(_center(Chance(seed, "center", index), index) for index in range(how_many))


def _center(chance: Chance, index: int) -> Center:
    name, utc_offset_minutes = _PLACES[index % len(_PLACES)]
    nth = index // len(_PLACES)
    return Center(
        index=index,
        id=chance.guid(),
        name=f"{name} {nth + 1}" if nth else name,
        utc_offset_ns=utc_offset_minutes * MINUTE_NS,
        guests=tuple(_guest(chance, index, number) for number in range(_GUESTS)),
        therapists=tuple((chance.guid(), _staff_name(chance)) for _ in range(_THERAPISTS)),
        rooms=(*((chance.guid(), f"Room {number}") for number in range(1, _ROOMS + 1)), ("", "")),
        services=tuple(Service(chance.guid(), service, minutes) for service, minutes in _SERVICES),
        timetable=tuple(
            (11_001 + index * len(_CLASSES) + chance.between(0, len(_CLASSES) - 1), chance.pick(_CAPACITIES))
            for _ in range(chance.between(8, 12))
        ),
    )


def _guest(chance: Chance, center: int, number: int) -> Guest:
    return Guest(
        id=chance.guid(),
        first_name=chance.pick(_FIRST_NAMES),
        last_name=chance.pick(_LAST_NAMES),
        email=f"guest{center}-{number}@example.com",
        phone=2_065_550_100 + number % _PHONES_OF_FICTION,
        gender=chance.between(0, 2),
    )


def _staff_name(chance: Chance) -> str:
    return f"{chance.pick(_FIRST_NAMES)} {chance.pick(_LAST_NAMES)}"


def contact(guest: Guest) -> dict[str, Any]:
    """How bodies tell a guest's name, e-mail address and phone."""
    return {
        "first_name": guest.first_name,
        "last_name": guest.last_name,
        "email": guest.email,
        "mobile_phone": {"country_code": 1, "number": guest.phone},
        "gender": guest.gender,
    }
