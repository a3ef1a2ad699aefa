from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import pytest
from msgspec.structs import replace

from daybook.domain.registration import Created
from daybook.intake import Retranslation, release, retranslation
from daybook.journal.entries import OutcomeName
from daybook.zenoti.translate import TRANSLATION_VERSION, Told, Translation, translate
from tests.bodies import booking
from tests.intake.conftest import Desk

Reader = Callable[[Told, Translation], Translation]
Install = Callable[[Reader], None]
BETTER = TRANSLATION_VERSION + 1
AT = "2026-03-01T09:00:00Z"
ALL: Collection[OutcomeName] = ("recorded", "kept", "quarantined")


def created(number: int = 1, **told: object) -> dict[str, Any]:
    return booking("Created", number, event_id=f"e{number}", at=AT, **told)


def again(desk: Desk, outcomes: Collection[OutcomeName] = ALL, *, dry_run: bool = False) -> Retranslation:
    async def steps() -> Retranslation:
        last = Retranslation()
        async for done in desk.intake.retranslate(outcomes, dry_run=dry_run):
            last = done
        return last

    result: Retranslation = desk.run(steps())
    return result


@pytest.fixture
def better(monkeypatch: pytest.MonkeyPatch) -> Install:
    """A better translation, which reads what its reader does to the first one's reading."""

    def install(reader: Reader) -> None:
        def translate_better(told: Told) -> Translation:
            reading = reader(told, translate(told))
            events = tuple(replace(event, translation=BETTER) for event in reading.events)
            return replace(reading, version=BETTER, events=events)

        monkeypatch.setattr(release, "translate", translate_better)
        monkeypatch.setattr(retranslation, "TRANSLATION_VERSION", BETTER)

    return install


def test_the_same_translation_changes_nothing(desk: Desk) -> None:
    desk.post(created())
    desk.post(b"{")
    desk.post({"id": "1", "event_id": "g", "event_type": "Guest.Created", "event_timestamp": AT, "data": {}})

    assert again(desk) == Retranslation(read=3)
    assert desk.journal.head() == 1


def test_a_better_reading_is_appended_and_the_fold_takes_it(desk: Desk, better: Install) -> None:
    desk.post(created(1))
    desk.post(created(2))

    def corrected(_: Told, reading: Translation) -> Translation:
        events = tuple(
            replace(event, guest_id="corrected") if event.subject_id == "1" else event for event in reading.events
        )
        return replace(reading, events=events)

    better(corrected)
    done = again(desk)

    assert (done.read, done.changed, done.events) == (2, 2, 1)
    events = desk.journal.select_events_after(0, 9)
    assert [(event.subject_id, event.translation) for event in events] == [
        ("1", TRANSLATION_VERSION),
        ("2", TRANSLATION_VERSION),
        ("1", BETTER),
    ]
    assert isinstance(events[2], Created)
    assert events[2].guest_id == "corrected"
    assert again(desk).changed == 0, "once is enough"


def test_what_was_kept_is_recorded_once_it_is_understood(desk: Desk, better: Install) -> None:
    kept = desk.post({"id": "1", "event_id": "k", "event_type": "Guest.Created", "event_timestamp": AT, "data": {}})
    desk.post(created(7))
    model = desk.journal.select_events_after(0, 1)[0]

    def understood(told: Told, reading: Translation) -> Translation:
        if reading.outcome != "kept":
            return reading
        return replace(reading, outcome="recorded", events=(replace(model, delivery_id=told.delivery_id),))

    better(understood)
    done = again(desk, ["kept"])

    assert (done.read, done.recorded, done.events) == (1, 1, 1)
    delivery = desk.delivery(kept)
    assert (delivery.outcome.outcome, delivery.outcome.translation, delivery.outcome.last_position) == (
        "recorded",
        BETTER,
        2,
    )
    assert [event.version for event in delivery.events] == [2]


def test_a_dry_run_tells_what_would_change_and_writes_nothing(desk: Desk, better: Install) -> None:
    answer = desk.post(created())
    better(lambda _, reading: replace(reading, events=tuple(replace(e, guest_id="x") for e in reading.events)))

    assert again(desk, dry_run=True) == Retranslation(read=1, changed=1, events=1)

    assert desk.journal.head() == 1
    assert len(desk.delivery(answer).outcomes) == 1


def test_nobody_vouches_for_an_unsigned_delivery_but_a_person(desk: Desk) -> None:
    desk.post(created(), secret=None, source="watched")

    assert again(desk).changed == 0
    assert desk.journal.inbox.quarantine_counts("watched") == {"unsigned": 1}


def test_what_was_understood_once_is_never_taken_back(desk: Desk, better: Install) -> None:
    answer = desk.post(created())
    better(lambda _, reading: replace(reading, outcome="quarantined", events=(), dedupe_key=None, reason="worse"))

    again(desk)

    outcome = desk.delivery(answer).outcome
    assert (outcome.outcome, outcome.reason, outcome.last_position) == ("recorded", None, 1)
    assert again(desk).changed == 0


def test_a_release_is_remembered_when_it_is_translated_again(desk: Desk, better: Install) -> None:
    desk.post(created())
    conflict = desk.post(created(session_id=5))
    desk.run(desk.intake.release(desk.delivery(conflict).delivery_id, source="main", distinct=True, by="cli"))
    better(lambda _, reading: reading)

    assert again(desk).events == 0
    assert desk.delivery(conflict).outcome.outcome == "recorded"
