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
_PLACE_WITHOUT_GUID: Final = 3
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
_WEEKLY: Final = 0.4
_SERIES_WEEKS: Final = 4
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
    class_name: str
    center_id: str
    capacity: int
    starts_at_ns: int
    ends_at_ns: int
    slot: int
    """Which one of its day; the same slot a week later is the same class."""
    recurrence_id: int | None
    recurring: tuple[int, ...]
    """The other sessions of its series on the schedule; none where it stands alone."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a center's timetable."""

    class_id: int
    class_name: str
    capacity: int
    weekly: bool
    """Whether its sessions are scheduled as a series."""


@dataclass(frozen=True, slots=True)
class Center:
    """One place of the chain."""

    index: int
    id: str
    organization_id: str
    name: str
    utc_offset_ns: int
    guests: tuple[Guest, ...]
    therapists: tuple[tuple[str, str], ...]
    """Id and name."""
    rooms: tuple[tuple[str, str], ...]
    """Id and name; the last one has neither, as where no room is assigned."""
    services: tuple[Service, ...]
    timetable: tuple[Slot, ...]
    """The classes of a day."""

    def opens_at_ns(self, day: date) -> int:
        """The first instant of a day by this center's clock."""
        return midnight_ns(day) - self.utc_offset_ns

    def session(self, day: date, slot: int) -> Session:
        """The session of a slot, the same one whenever it is asked for."""
        what = self.timetable[slot]
        starts_at_ns = self.opens_at_ns(day) + (_FIRST_SESSION_HOUR + slot) * HOUR_NS + 15 * MINUTE_NS
        nth = day.toordinal() // 7 % _SERIES_WEEKS
        series = [day + timedelta(weeks=week - nth) for week in range(_SERIES_WEEKS) if week != nth]
        return Session(
            id=self._session_id(day, slot),
            class_id=what.class_id,
            class_name=what.class_name,
            center_id=self.id,
            capacity=what.capacity,
            starts_at_ns=starts_at_ns,
            ends_at_ns=starts_at_ns + 45 * MINUTE_NS,
            slot=slot,
            recurrence_id=self._session_id(day - timedelta(weeks=nth), slot) if what.weekly else None,
            recurring=tuple(self._session_id(other, slot) for other in series) if what.weekly else (),
        )

    def _session_id(self, day: date, slot: int) -> int:
        place = (day.toordinal() - _SESSION_IDS_FROM) * CENTERS_MAX + self.index
        return place * _SESSIONS_A_DAY_MAX + slot + 1

    def session_in_weeks(self, session: Session, day: date, weeks: int) -> Session:
        """The session of the same slot, weeks later."""
        return self.session(day + timedelta(weeks=weeks), session.slot)


def centers(seed: int, how_many: int) -> tuple[Center, ...]:
    """The chain: the same centers in the same order, however many more there are."""
    organization_id = Chance(seed, "organization").guid()
    return tuple(_center(Chance(seed, "center", index), index, organization_id) for index in range(how_many))


def _center(chance: Chance, index: int, organization_id: str) -> Center:
    name, utc_offset_minutes = _PLACES[index % len(_PLACES)]
    nth = index // len(_PLACES)
    return Center(
        index=index,
        # Seen: the id of a center that is no GUID.
        id=chance.guid() if index % len(_PLACES) != _PLACE_WITHOUT_GUID else f"{chance.guid()[:19]}65t3{index:08d}",
        organization_id=organization_id,
        name=f"{name} {nth + 1}" if nth else name,
        utc_offset_ns=utc_offset_minutes * MINUTE_NS,
        guests=tuple(_guest(chance, index, number) for number in range(_GUESTS)),
        therapists=tuple((chance.guid(), _staff_name(chance)) for _ in range(_THERAPISTS)),
        rooms=(*((chance.guid(), f"Room {number}") for number in range(1, _ROOMS + 1)), ("", "")),
        services=tuple(Service(chance.guid(), service, minutes) for service, minutes in _SERVICES),
        timetable=tuple(_slot(chance, index) for _ in range(chance.between(8, 12))),
    )


def _slot(chance: Chance, center: int) -> Slot:
    which = chance.between(0, len(_CLASSES) - 1)
    return Slot(
        class_id=11_001 + center * len(_CLASSES) + which,
        class_name=_CLASSES[which],
        capacity=chance.pick(_CAPACITIES),
        weekly=chance.happens(_WEEKLY),
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
