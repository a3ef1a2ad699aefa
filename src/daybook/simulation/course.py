"""The course of one visit, from its booking to the guest's feedback, or to whatever ended it before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from daybook.simulation import group
from daybook.simulation.feedback import feedback
from daybook.simulation.instant import HOUR_NS, MINUTE_NS, moment
from daybook.simulation.treatment import treat
from daybook.simulation.visit import QUARTER_NS, Appointment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daybook.simulation.chance import Chance
    from daybook.simulation.fact import Books, Fact
    from daybook.simulation.visit import Visit

_CHANGED: Final = 0.3
_CONFIRMED: Final = 0.7
_FEE_DUE: Final = 0.5
_EMPTIED: Final = 0.15
_REFUNDED: Final = 0.02
_FEEDBACK: Final = 0.25
_INVOICE_TOLD: Final = 0.1
_BEFORE_ARRIVAL_NS: Final = 10 * MINUTE_NS
"""From then on the list of the visit does not change any more."""


def tell_visit(visit: Visit, chance: Chance, books: Books) -> Iterator[Fact]:
    """All webhooks of a visit, in order of time."""
    if visit.ends_early_at_ns is not None:
        yield from _cancelled(visit, visit.ends_early_at_ns, chance)
    elif visit.fate == "deleted":
        yield group.created(visit.booked_at_ns, visit, visit.appointments, chance)
        at_ns = moment(visit.booked_at_ns, visit.starts_at_ns - _BEFORE_ARRIVAL_NS, chance)
        yield group.deleted(at_ns, visit, chance)
    elif visit.fate == "no_show":
        yield from _booked(visit, chance)
        at_ns = moment(visit.starts_at_ns + QUARTER_NS, visit.starts_at_ns + 3 * QUARTER_NS, chance)
        yield group.status(at_ns, visit, group.NO_SHOW, chance, fee_due=chance.happens(_FEE_DUE))
    else:
        yield from _booked(visit, chance)
        yield from _comes(visit, chance, books)


def _cancelled(visit: Visit, at_ns: int, chance: Chance) -> Iterator[Fact]:
    yield group.created(visit.booked_at_ns, visit, visit.appointments, chance)
    yield group.status(at_ns, visit, group.CANCELLED, chance, fee_due=chance.happens(_FEE_DUE))
    if chance.happens(_EMPTIED):
        yield group.updated(moment(at_ns, at_ns + MINUTE_NS, chance), visit, (), chance)


def _booked(visit: Visit, chance: Chance) -> Iterator[Fact]:
    """From the booking to the confirmation; nothing of it is later than ten minutes before the start."""
    at_ns, until_ns = visit.booked_at_ns, visit.starts_at_ns - _BEFORE_ARRIVAL_NS
    if visit.fate == "restored":
        yield group.created(at_ns, visit, visit.appointments, chance)
        at_ns = moment(at_ns, until_ns - 5 * MINUTE_NS, chance)
        yield group.deleted(at_ns, visit, chance)
        at_ns = moment(at_ns, at_ns + 3 * MINUTE_NS, chance)
        yield group.created(at_ns, visit, visit.appointments, chance)
    elif chance.happens(_CHANGED):
        before, after = _change(visit, chance)
        yield group.created(at_ns, visit, before, chance)
        at_ns = moment(at_ns, until_ns - 5 * MINUTE_NS, chance)
        yield group.updated(at_ns, visit, after, chance)
    else:
        yield group.created(at_ns, visit, visit.appointments, chance)
    if chance.happens(_CONFIRMED):
        yield group.status(moment(at_ns, until_ns, chance), visit, group.CONFIRMED, chance)


def _change(visit: Visit, chance: Chance) -> tuple[tuple[Appointment, ...], tuple[Appointment, ...] | None]:
    """What the list was at first, and what an update makes of it: None where it tells other things only."""
    final = visit.appointments
    kind = chance.between(0, 3)
    if kind == 0:
        return final, None
    if kind == 1 and len(final) > 1:
        return final[:-1], final
    if kind == 2:  # noqa: PLR2004  one kind of change in four
        last = final[-1]
        dropped = replace(last, id=chance.guid(), invoice_item_id=chance.guid(), starts_at_ns=last.ends_at_ns)
        return (*final, dropped), final
    room = chance.pick(visit.center.rooms)
    return tuple(replace(one, starts_at_ns=one.starts_at_ns - QUARTER_NS, room=room) for one in final), final


def _comes(visit: Visit, chance: Chance, books: Books) -> Iterator[Fact]:
    arrives_at_ns = moment(visit.starts_at_ns - _BEFORE_ARRIVAL_NS, visit.starts_at_ns, chance)
    yield group.status(arrives_at_ns, visit, group.CHECKED_IN, chance)
    at_ns = arrives_at_ns
    for fact in treat(visit, chance):
        yield fact
        at_ns = fact.occurred_at_ns
    if chance.happens(_INVOICE_TOLD):
        yield group.invoice(moment(at_ns, at_ns + 5 * MINUTE_NS, chance), visit)
    yield from _leaves(visit, moment(at_ns, at_ns + 6 * MINUTE_NS, chance), chance, books)


def _leaves(visit: Visit, at_ns: int, chance: Chance, books: Books) -> Iterator[Fact]:
    receipt = str(next(books.receipts))
    yield group.status(at_ns, visit, group.CLOSED, chance, receipt=receipt)
    if chance.happens(_REFUNDED):
        refunded_at_ns = moment(at_ns, at_ns + HOUR_NS, chance)
        yield group.status(refunded_at_ns, visit, group.REFUNDED, chance, receipt=receipt)
    elif chance.happens(_FEEDBACK):
        yield feedback(moment(at_ns + 5 * MINUTE_NS, at_ns + 3 * HOUR_NS, chance), visit, chance)
