"""What a stream leaves out on purpose, and what a reader of the rest should find because of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from daybook.simulation.chance import Chance
from daybook.simulation.dispatch import Dispatch
from daybook.simulation.expectation import expected, subject, traceless
from daybook.simulation.stream import arrivals

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from daybook.simulation.fact import Fact
    from daybook.simulation.finding import Finding, Subject
    from daybook.simulation.scenario import Scenario
    from daybook.simulation.stream import Arrival
    from daybook.simulation.webhook import Webhook

CHOICE_WEBHOOKS_MAX: Final = 20_000
"""What is left out is one of the first so many webhooks: choosing must not read a stream without an end."""


@dataclass(frozen=True, slots=True)
class Missed:
    """Something that happened and that no webhook told."""

    webhooks: tuple[Webhook, ...]
    """All that would have told it, in order of arrival."""
    event_type: str
    event_id: str
    occurred_at_ns: int
    subject: Subject | None
    findings: tuple[Finding, ...]
    """What cannot be right in what was told, and would be if this had been told too."""
    reason: str | None
    """Why nothing can be found, where there is no finding."""


def simulate(scenario: Scenario) -> Iterator[Webhook]:
    """The webhooks of a scenario, in order of arrival; the same scenario gives the same bytes.

    With `miss` it is the stream of the same scenario without it, but for what would have told the events that are
    missed; `missed` lists them. Raises `ValueError` if fewer happen than are to be missed.
    """
    if not scenario.miss:
        return (arrival.webhook for arrival in arrivals(scenario))
    numbers = _choose(scenario)
    return (arrival.webhook for arrival in arrivals(scenario) if arrival.number not in numbers)


def missed(scenario: Scenario) -> list[Missed]:
    """What `simulate` leaves out, in the order in which it happened, each with the findings that it should leave.

    They are those of the read models as they stand when the whole stream has been told, in whatever order and however
    often; what malformed and bare webhooks hide or add is not reckoned in. Reads the whole stream.
    """
    if not scenario.miss:
        return []
    numbers = _choose(scenario)
    concerned = {
        story
        for arrival in islice(arrivals(scenario), CHOICE_WEBHOOKS_MAX)
        if arrival.number in numbers
        for story in arrival.fact.stories
    }
    left_out: dict[int, list[Arrival]] = defaultdict(list)
    by_story: dict[int | str, dict[int, Fact]] = defaultdict(dict)
    for arrival in arrivals(scenario):
        for story in concerned.intersection(arrival.fact.stories):
            by_story[story][arrival.number] = arrival.fact
        if arrival.number in numbers:
            left_out[arrival.number].append(arrival)
    dispatch = Dispatch(scenario.seed, scenario.disorder)
    return [_missed(left_out[number], by_story, numbers, dispatch) for number in sorted(left_out)]


def _choose(scenario: Scenario) -> frozenset[int]:
    """The numbers of the facts that nobody tells: each kind is as likely as any other, so that rare ones occur."""
    chance = Chance(scenario.seed, "miss")
    kinds: dict[str, dict[int, None]] = defaultdict(dict)
    for arrival in islice(arrivals(replace(scenario, miss=0)), CHOICE_WEBHOOKS_MAX):
        kinds[arrival.fact.event_type][arrival.number] = None
    left = {kind: list(numbers) for kind, numbers in sorted(kinds.items())}
    chosen: set[int] = set()
    while len(chosen) < scenario.miss:
        if not left:
            raise ValueError(f"only {len(chosen)} events happen; {scenario.miss} cannot be missed")
        kind = chance.pick(list(left))
        chosen.add(left[kind].pop(chance.between(0, len(left[kind]) - 1)))
        if not left[kind]:
            del left[kind]
    return frozenset(chosen)


def _missed(
    told_by: list[Arrival], by_story: dict[int | str, dict[int, Fact]], numbers: frozenset[int], dispatch: Dispatch
) -> Missed:
    number, fact = told_by[0].number, told_by[0].fact
    happened: dict[int, Fact] = {}
    for story in fact.stories:
        happened |= by_story[story]
    findings = _because_of(number, happened, numbers)
    return Missed(
        webhooks=tuple(arrival.webhook for arrival in told_by),
        event_type=fact.event_type,
        event_id=dispatch.event_id(fact, number),
        occurred_at_ns=fact.occurred_at_ns,
        subject=subject(fact),
        findings=findings,
        reason=None if findings else traceless(fact),
    )


def _because_of(number: int, happened: dict[int, Fact], numbers: frozenset[int]) -> tuple[Finding, ...]:
    """The findings in what was told that this one leaves, be it alone or together with others that nobody told."""
    missing = numbers.intersection(happened)
    # Of a story that began in another one only a part is seen here: what that leaves open is not found.
    found = _findings(happened, missing) - _findings(happened, ())
    if not found:
        return ()
    alone = _findings(happened, (number,))
    cured = found - _findings(happened, missing - {number})
    due = found & (alone | cured)
    due |= {finding for finding in found - due if number in _cause(finding, number, happened, missing)}
    return tuple(sorted(due))


def _cause(finding: Finding, number: int, happened: dict[int, Fact], missing: frozenset[int]) -> frozenset[int]:
    """Of what nobody told so much as the finding needs, and this one among it if that can be.

    Of three cancellations any two may overbook a class: none of them alone does, and telling one does not cure it.
    """
    cause = missing
    for other in (*sorted(missing - {number}), number):
        if finding in _findings(happened, cause - {other}):
            cause -= {other}
    return cause


def _findings(happened: dict[int, Fact], untold: Collection[int]) -> frozenset[Finding]:
    return expected(fact for number, fact in sorted(happened.items()) if number not in untold)
