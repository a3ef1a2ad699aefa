"""A class on the schedule: when it is put there, changed and called off, and how Zenoti's webhooks tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from daybook.simulation.fact import Fact
from daybook.simulation.instant import HOUR_NS, MINUTE_NS, moment, zoneless_text

if TYPE_CHECKING:
    from daybook.simulation.chance import Chance
    from daybook.simulation.world import Session

BOOKABLE_FROM_NS: Final = 5 * HOUR_NS
"""After midnight at the center; the schedule is made before."""
_MADE_NS: Final = (HOUR_NS // 2, 3 * HOUR_NS)
_BY_MISTAKE: Final = 0.04
_DESCRIBED: Final = 0.1
_GROWS: Final = 0.15
_CALLED_OFF: Final = 0.06
_CLEARED_AWAY: Final = 0.6
_WEB_PLACES_LEFT_OUT: Final = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """What the center does with a session on its day."""

    by_mistake: bool = False
    """It is taken off the schedule before anyone can book it."""
    described_at_ns: int | None = None
    grows_at_ns: int | None = None
    grows_by: int = 0
    called_off_at_ns: int | None = None
    cleared_at_ns: int | None = None
    """When a class that was called off is deleted as well."""


def plan(session: Session, opens_at_ns: int, chance: Chance) -> Plan:
    """What will become of a session on the day that begins then."""
    bookable_at_ns = opens_at_ns + BOOKABLE_FROM_NS
    # A series goes on naming all its sessions: only those that stand alone are deleted.
    alone = not session.recurring
    if chance.happens(_BY_MISTAKE) and alone:
        return Plan(by_mistake=True)
    described_at_ns = _night(opens_at_ns, chance) if chance.happens(_DESCRIBED) else None
    latest_ns = session.starts_at_ns - 30 * MINUTE_NS
    if chance.happens(_CALLED_OFF):
        called_off_at_ns = moment(bookable_at_ns, latest_ns, chance)
        cleared = chance.happens(_CLEARED_AWAY) and alone
        return Plan(
            described_at_ns=described_at_ns,
            called_off_at_ns=called_off_at_ns,
            cleared_at_ns=moment(called_off_at_ns + 5 * MINUTE_NS, latest_ns + HOUR_NS, chance) if cleared else None,
        )
    grows = chance.happens(_GROWS)
    return Plan(
        described_at_ns=described_at_ns,
        grows_at_ns=moment((bookable_at_ns + latest_ns) // 2, latest_ns, chance) if grows else None,
        grows_by=chance.between(1, 4) if grows else 0,
    )


def made_at_ns(opens_at_ns: int, chance: Chance) -> int:
    """When sessions are put on the schedule, on the day that begins then."""
    return moment(opens_at_ns + _MADE_NS[0], opens_at_ns + _MADE_NS[1], chance)


def taken_back_at_ns(opens_at_ns: int, chance: Chance) -> int:
    """When one that is there by mistake is taken off again, before it can be booked."""
    return _night(opens_at_ns, chance)


def _night(opens_at_ns: int, chance: Chance) -> int:
    return moment(opens_at_ns + _MADE_NS[1], opens_at_ns + BOOKABLE_FROM_NS, chance)


# ── What the webhooks tell ────────────────────────────────────────────────────────────────────────────────────────────


def told(at_ns: int, what: str, session: Session, capacity: int | None = None) -> Fact:
    """A session as it is after this: `Created`, `Updated`, `Cancelled` or `Deleted`."""
    again = what == "Updated"
    capacity = session.capacity if capacity is None else capacity
    data = {
        # The key is Zenoti's.
        "sesion_id": session.id,
        "center_id": session.center_id,
        "class_name": session.class_name,
        # Nothing proves that these are UTC; a guess from the key, which appointments use for UTC.
        "start_time": zoneless_text(session.starts_at_ns),
        "end_time": zoneless_text(session.ends_at_ns),
        "duration_in_mins": (session.ends_at_ns - session.starts_at_ns) // MINUTE_NS,
        "instructor_details_list": None,
        "room_id": None,
        "capacity": capacity,
        "web_capacity": max(capacity - _WEB_PLACES_LEFT_OUT, 1),
        "show_in_catalog": 1,
        "is_free_session": False,
        # As in the samples: told to be empty after an update, not told before.
        "description": "" if again else None,
        "html_description": "" if again else None,
        **_recurrence(session),
        "override_conflict_check": False,
        "enforce_add_on_conflict": False,
        "class_type": 1,
        "code": None,
        "event_id": -1 if again else None,
        "student_virtual_link": "" if again else None,
        "instructor_virtual_link": "" if again else None,
        "recurrence_id": session.recurrence_id,
        "recurrence_session_ids": list(session.recurring) if session.recurring else None,
    }
    return Fact(at_ns, f"Class.Schedule.{what}", data, (session.id,))


def _recurrence(session: Session) -> dict[str, Any]:
    weekly = bool(session.recurring)
    return {
        "is_recurring": weekly,
        "recurrence_start_time": zoneless_text(session.starts_at_ns) if weekly else None,
        "recurrence_end_time": zoneless_text(session.ends_at_ns) if weekly else None,
        "recurrence_type": 1 if weekly else None,
        "frequency": 1 if weekly else None,
        "num_occurences": len(session.recurring) + 1 if weekly else None,
        "weekdays": None,
    }
