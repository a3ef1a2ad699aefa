"""The stream: day after day of every center, in the order in which its webhooks arrive."""

from __future__ import annotations

from bisect import bisect_left
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count, islice
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from daybook.simulation.day import tell_day
from daybook.simulation.dispatch import TRANSIT_NS, Dispatch
from daybook.simulation.fact import Books
from daybook.simulation.instant import midnight_ns
from daybook.simulation.world import UTC_OFFSET_MAX_NS, centers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from daybook.simulation.fact import Fact
    from daybook.simulation.scenario import Scenario
    from daybook.simulation.webhook import Webhook

_occurrence = attrgetter("occurred_at_ns")


class Arrival(NamedTuple):
    """One webhook on its way. Arrivals are in order by themselves: no two have the same two first fields."""

    arrived_at_ns: int
    order: int
    webhook: Webhook
    number: int
    """Of the fact, in the order of what happened."""
    fact: Fact


def arrivals(scenario: Scenario) -> Iterator[Arrival]:
    """Everything that would be sent if nothing were missed, in order of arrival.

    A shorter stream is the beginning of a longer one. Memory holds about two days of all centers, however long it is.
    """
    days = 1 if scenario.webhooks is None else None
    dispatch = Dispatch(scenario.seed, scenario.disorder)
    return islice(_in_order_of_arrival(_facts(scenario, days), dispatch), scenario.webhooks)


def _facts(scenario: Scenario, days: int | None) -> Iterator[Fact]:
    """What happens, in order of time; for good, if the number of days is None."""
    chain = centers(scenario.seed, scenario.centers)
    books = Books()
    ahead: list[Fact] = []
    for nth in count() if days is None else range(days):
        day = scenario.day + timedelta(days=nth)
        for center in chain:
            ahead.extend(tell_day(scenario.seed, center, day, books))
        ahead.sort(key=_occurrence)
        # Until the next day has begun at the easternmost center, nothing of it can have happened.
        horizon_ns = midnight_ns(day + timedelta(days=1)) - UTC_OFFSET_MAX_NS
        settled = bisect_left(ahead, horizon_ns, key=_occurrence)
        yield from ahead[:settled]
        del ahead[:settled]
    yield from ahead


def _in_order_of_arrival(facts: Iterable[Fact], dispatch: Dispatch) -> Iterator[Arrival]:
    under_way: list[Arrival] = []
    order = count()
    for number, fact in enumerate(facts):
        # What comes next happened later still, so nothing can arrive before this any more.
        while under_way and under_way[0].arrived_at_ns < fact.occurred_at_ns + TRANSIT_NS:
            yield heappop(under_way)
        for webhook in dispatch.webhooks(fact, number):
            heappush(under_way, Arrival(webhook.arrived_at_ns, next(order), webhook, number, fact))
    while under_way:
        yield heappop(under_way)
