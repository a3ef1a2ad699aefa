from __future__ import annotations

from typing import Any

import pytest

from daybook.intake import Answer, Intake, Silent
from tests.bodies import booking
from tests.engines import Engine
from tests.intake.conftest import RULES, Desk

AT = "2026-03-01T09:00:00Z"


def created(number: int, **told: object) -> dict[str, Any]:
    return booking("Created", number, event_id=f"e{number}", at=AT, **told)


@pytest.mark.parametrize(
    "poison",
    [
        {"peer": "a lone surrogate \ud800"},
        {"path": "/webhooks/\udcff"},
        {"via": "\ud800"},
        {"arrived_at_ns": 1 << 70},
    ],
)
def test_one_delivery_that_cannot_be_stored_is_quarantined_and_fails_no_other(
    desk: Desk, poison: dict[str, Any]
) -> None:
    calls = [desk.call(created(number)) for number in range(1, 9)]
    calls[4] = desk.call(created(5), **poison)

    answers = desk.at_once(*calls)

    assert all(isinstance(answer, Answer) for answer in answers)
    statuses = [answer.status for answer in answers if isinstance(answer, Answer)]
    assert statuses == ["recorded"] * 4 + ["quarantined"] + ["recorded"] * 3
    culprit = answers[4]
    assert isinstance(culprit, Answer)
    assert desk.delivery(culprit).outcome.reason == "could_not_be_stored"
    assert desk.journal.inbox.body(desk.delivery(culprit).delivery_id) == calls[4].body
    assert desk.journal.head() == 7


def test_an_event_that_the_store_refuses_quarantines_its_delivery_alone(desk: Desk, engine: Engine) -> None:
    engine.refuse_events_with('"e3"')

    answers = desk.at_once(*(desk.call(created(number)) for number in range(1, 6)))

    statuses = [answer.status for answer in answers if isinstance(answer, Answer)]
    assert statuses == ["recorded", "recorded", "quarantined", "recorded", "recorded"]
    assert [event.position for event in desk.journal.select_events_after(0, 9)] == [1, 2, 3, 4]
    assert desk.post(created(3)).status == "quarantined", "its own id makes it other bytes"
    engine.refuse_nothing()
    assert desk.post(created(3)).status == "recorded"
    culprit = answers[2]
    assert isinstance(culprit, Answer)
    released = desk.run(desk.intake.release(desk.delivery(culprit).delivery_id, source="main", by="cli"))
    assert released.status == "duplicate"


class Broken(Silent):
    def committed(self, deliveries: int, events: int, seconds: float) -> None:
        raise RuntimeError("the one who counts is broken")


def test_a_broken_observer_fails_no_delivery(desk: Desk) -> None:
    intake = Intake(desk.journal, RULES, observer=Broken())
    intake.start()

    answer = desk.run(intake.receive(desk.call(created(1))))
    desk.run(intake.stop())

    assert isinstance(answer, Answer)
    assert answer.status == "recorded"
    assert desk.delivery(answer).repeat_count == 0
