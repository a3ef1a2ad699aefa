"""One day at one center: all of its stories, told one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from daybook.simulation.chance import Chance
from daybook.simulation.classes import tell_session
from daybook.simulation.course import tell_visit
from daybook.simulation.fact import Fact
from daybook.simulation.instant import HOUR_NS, moment
from daybook.simulation.visit import visits
from daybook.simulation.world import contact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from daybook.simulation.fact import Books
    from daybook.simulation.world import Center

_GUESTS_UPDATED_MAX: Final = 5


def tell_day(seed: int, center: Center, day: date, books: Books) -> Iterator[Fact]:
    """The facts of a center's day, not in order of time; none is earlier than the day, some may be later."""
    chance = Chance(seed, "day", center.index, day.isoformat())
    for slot in range(len(center.timetable)):
        yield from tell_session(center, center.session(day, slot), day, chance, books)
    for therapist in center.therapists:
        for visit in visits(center, day, therapist, chance, books):
            yield from tell_visit(visit, chance, books)
    yield from _guests_updated(center, day, chance)


def _guests_updated(center: Center, day: date, chance: Chance) -> Iterator[Fact]:
    """Events that are neither about a registration nor about an appointment are pointed at the same URL."""
    opens_at_ns = center.opens_at_ns(day)
    for _ in range(chance.between(0, _GUESTS_UPDATED_MAX)):
        guest = chance.pick(center.guests)
        at_ns = moment(opens_at_ns + 8 * HOUR_NS, opens_at_ns + 21 * HOUR_NS, chance)
        yield Fact(at_ns, "Guest.Updated", {"id": guest.id, "center_id": center.id, **contact(guest)})
