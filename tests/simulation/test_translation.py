"""daybook understands what is simulated, and does not understand what is simulated to be malformed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from uuid import UUID

from daybook.simulation import Disorder, Scenario, simulate
from daybook.zenoti.translate import Told, Translation, translate

if TYPE_CHECKING:
    from collections.abc import Iterator


def translations(scenario: Scenario) -> Iterator[Translation]:
    for webhook in simulate(scenario):
        yield translate(
            Told(
                source="main",
                url_type=webhook.event_type,
                body=webhook.body,
                arrived_at_ns=webhook.arrived_at_ns,
                delivery_id=UUID(int=1),
                origin="webhook",
                signature="verified",
            )
        )


def test_every_webhook_that_is_not_malformed_is_recorded_or_kept() -> None:
    outcomes = Counter(
        translation.outcome
        for translation in translations(Scenario(disorder=Disorder(late=0.1, repeated=0.1, bare=0.5)))
    )

    assert set(outcomes) == {"recorded", "kept"}
    assert outcomes["kept"] < outcomes["recorded"] / 10


def test_every_malformed_webhook_of_a_booking_or_an_appointment_is_quarantined_for_one_of_several_reasons() -> None:
    found = list(translations(Scenario(disorder=Disorder(malformed=1, bare=0.5))))

    assert {translation.outcome for translation in found} == {"quarantined"}
    assert len({translation.reason for translation in found}) > 1


def test_two_calls_that_tell_one_event_have_one_dedupe_key() -> None:
    keys = Counter(translation.dedupe_key for translation in translations(Scenario(disorder=Disorder(repeated=1))))

    assert set(keys.values()) == {2}
