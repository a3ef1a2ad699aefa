"""daybook understands what is simulated, and does not understand what is simulated to be malformed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec.structs import replace

from daybook.domain.appointment import Appointment
from daybook.domain.fold import fold
from daybook.domain.registration import Registration
from daybook.simulation import Disorder, Scenario, missed, simulate
from daybook.zenoti.translate import Told, Translation, translate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daybook.domain.events import Event


def translations(scenario: Scenario) -> Iterator[Translation]:
    for nth, webhook in enumerate(simulate(scenario)):
        yield translate(
            Told(
                source="main",
                url_type=webhook.event_type,
                body=webhook.body,
                arrived_at_ns=webhook.arrived_at_ns,
                delivery_id=UUID(int=nth + 1),
                origin="webhook",
                signature="verified",
            )
        )


def test_every_webhook_that_is_not_malformed_is_recorded_unless_it_is_about_a_guest_or_an_invoice() -> None:
    found = [*translations(Scenario(disorder=Disorder(late=0.1, repeated=0.1, bare=0.5)))]

    assert {translation.outcome for translation in found} == {"recorded", "kept"}
    kept = {translation.event_type for translation in found if translation.outcome == "kept"}
    assert kept == {"Guest.Updated", "Invoice.Closed"}


def test_everything_that_is_told_is_understood() -> None:
    told = [translation for translation in translations(Scenario(seed=2, webhooks=5000)) if translation.events]

    assert {translation.detail for translation in told} == {None}


def test_the_states_that_follow_from_what_was_told_show_what_is_expected_of_a_careful_reader() -> None:
    scenario = Scenario(seed=6, miss=700)
    streams: dict[UUID, list[Event]] = {}
    for nth, event in enumerate(event for one in translations(scenario) for event in one.events):
        own = streams.setdefault(event.originator_id, [])
        own.append(replace(event, originator_version=len(own) + 1, position=nth + 1))
    states = [fold(events) for events in streams.values()]

    found = {("no_created", one.registration_id) for one in states if _is_uncreated(one)}
    found |= {("completed_without_started", one.appointment_id) for one in states if _is_unstarted(one)}

    codes = {"no_created", "completed_without_started"}
    expected = {finding for one in missed(scenario) for finding in one.findings if finding.code in codes}
    assert found == {(finding.code, finding.subject.id) for finding in expected}
    assert {code for code, _ in found} == codes


def _is_uncreated(state: Any) -> bool:  # noqa: ANN401  the state of any aggregate
    return isinstance(state, Registration) and state.created_at_ns is None


def _is_unstarted(state: Any) -> bool:  # noqa: ANN401  the state of any aggregate
    return isinstance(state, Appointment) and state.completed_at_ns is not None and state.started_at_ns is None


def test_every_malformed_webhook_is_quarantined_for_one_of_several_reasons() -> None:
    found = list(translations(Scenario(disorder=Disorder(malformed=1, bare=0.5))))

    assert {translation.outcome for translation in found} == {"quarantined"}
    assert len({translation.reason for translation in found}) > 1


def test_two_calls_that_tell_one_event_have_one_dedupe_key() -> None:
    keys = Counter(translation.dedupe_key for translation in translations(Scenario(disorder=Disorder(repeated=1))))

    assert set(keys.values()) == {2}
