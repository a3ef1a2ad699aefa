"""What is left out on purpose: the same stream without it, a list of it, and what should be found because of it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import islice
from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from daybook.simulation import Disorder, Missed, Scenario, missed, simulate
from daybook.simulation.expectation import expected
from daybook.simulation.stream import arrivals

DISORDER: Final = Disorder(late=0.1, shuffled=0.3, repeated=0.2)
SCENARIOS: Final = st.builds(
    Scenario,
    seed=st.integers(0, 10_000),
    webhooks=st.integers(50, 700),
    centers=st.integers(1, 2),
    disorder=st.sampled_from((Disorder(), DISORDER)),
    miss=st.integers(1, 20),
)
FOUND: Final = {
    "Class.Booking.Created": {"no_created"},
    "Class.Booking.Approved": {"no_show_after_cancelled"},
    "Class.Booking.Cancelled": {"capacity_exceeded"},
    "Class.Booking.Deleted": {"capacity_exceeded"},
    "Class.Schedule.Updated": {"capacity_exceeded"},
    "AppointmentGroup.Created": {"appointment_without_group", "after_deleted"},
    "AppointmentGroup.Updated": {"appointment_without_group"},
    "Appointment.Started": {"completed_without_started"},
}
"""By kind of webhook, what its absence can leave. The absence of any other kind leaves nothing."""


def findings_of(one: Missed) -> set[str]:
    return {finding.code for finding in one.findings}


@pytest.mark.parametrize("webhooks", [None, 8000])
@pytest.mark.parametrize("seed", range(4))
def test_an_undisturbed_stream_justifies_no_finding(seed: int, webhooks: int | None) -> None:
    scenario = Scenario(seed=seed, centers=3, webhooks=webhooks)

    assert expected(arrival.fact for arrival in arrivals(scenario)) == frozenset()


@settings(deadline=None, max_examples=12)
@given(SCENARIOS)
def test_the_stream_is_the_same_without_what_is_missed(scenario: Scenario) -> None:
    whole = list(simulate(replace(scenario, miss=0)))
    left_out = {webhook for one in missed(scenario) for webhook in one.webhooks}

    assert list(simulate(scenario)) == [webhook for webhook in whole if webhook not in left_out]
    assert left_out <= set(whole)
    assert len(missed(scenario)) == scenario.miss


@settings(deadline=None, max_examples=8)
@given(SCENARIOS)
def test_what_is_missed_is_the_same_each_time(scenario: Scenario) -> None:
    assert missed(scenario) == missed(scenario)


def test_nobody_tells_what_is_missed_however_often_it_would_have_been_told() -> None:
    scenario = Scenario(seed=5, miss=30, disorder=Disorder(repeated=1))
    told = {json.loads(webhook.body)["event_id"] for webhook in simulate(scenario)}

    for one in missed(scenario):
        assert [json.loads(webhook.body)["event_id"] for webhook in one.webhooks] == [one.event_id] * 2
        assert one.event_id not in told


def test_each_kind_of_event_can_be_missed_and_leaves_what_it_can_leave() -> None:
    found: dict[str, set[str]] = {}
    # In the last two a visit is missed that was deleted by mistake and created again.
    for scenario in (Scenario(seed=1, miss=400), *(Scenario(seed=seed, centers=2, miss=19) for seed in (9, 12))):
        for one in missed(scenario):
            found.setdefault(one.event_type, set()).update(findings_of(one))

    assert {kind: codes for kind, codes in found.items() if codes} == FOUND
    assert len(found) == 19


@settings(deadline=None, max_examples=8)
@given(SCENARIOS)
def test_what_leaves_no_finding_says_why_and_what_leaves_one_does_not(scenario: Scenario) -> None:
    assert all((one.reason is None) is bool(one.findings) for one in missed(scenario))


@settings(deadline=None, max_examples=12)
@given(SCENARIOS)
@example(Scenario(seed=1, centers=3, miss=400))
@example(Scenario(seed=32, centers=4, miss=120, disorder=Disorder(late=0.3, shuffled=0.3, repeated=0.2)))
@example(Scenario(seed=2, centers=3, webhooks=9_000, miss=900))
def test_the_findings_of_what_was_told_are_those_that_the_missed_should_leave(scenario: Scenario) -> None:
    events = {json.loads(webhook.body)["event_id"] for one in missed(scenario) for webhook in one.webhooks}
    told = {
        arrival.number: arrival.fact
        for arrival in arrivals(scenario)
        if json.loads(arrival.webhook.body)["event_id"] not in events
    }

    whole = expected(told[number] for number in sorted(told))

    # What a stream leaves open where it is cut off is not due to what was missed.
    uncut = {arrival.number: arrival.fact for arrival in arrivals(scenario)}
    open_end = expected(uncut[number] for number in sorted(uncut))
    assert whole - open_end == {finding for one in missed(scenario) for finding in one.findings}


def test_a_webhook_that_arrives_after_the_end_of_the_stream_is_not_listed_and_the_list_follows_the_story() -> None:
    scenario = Scenario(seed=3, webhooks=400, disorder=DISORDER, miss=40)
    sent = set(simulate(replace(scenario, miss=0)))

    found = missed(scenario)

    assert all(set(one.webhooks) <= sent for one in found)
    assert [one.occurred_at_ns for one in found] == sorted(one.occurred_at_ns for one in found)


def test_rare_kinds_are_missed_as_often_as_frequent_ones() -> None:
    kinds = Counter(one.event_type for one in missed(Scenario(seed=1, centers=12, miss=60)))

    assert max(kinds.values()) <= 12
    assert len(kinds) > 14


def test_of_a_stream_without_an_end_only_the_beginning_is_missed() -> None:
    stream = simulate(Scenario(webhooks=10**15, miss=3))

    assert len(list(islice(stream, 500))) == 500


def test_more_cannot_be_missed_than_happens() -> None:
    with pytest.raises(ValueError, match="events happen; 9 cannot be missed"):
        simulate(Scenario(webhooks=10, miss=9, disorder=Disorder(repeated=1)))
