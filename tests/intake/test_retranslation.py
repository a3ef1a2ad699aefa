from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import pytest
from msgspec.structs import replace

from daybook.doctor import Level, inbox
from daybook.doctor.inbox import examine_kept
from daybook.domain.fold import fold, history
from daybook.domain.identity import Kind, stream_id
from daybook.domain.registration import Created
from daybook.errors import FormatLevelError
from daybook.intake import Retranslation, entry, release, retranslation
from daybook.journal import Journal, migrate, open_journal
from daybook.journal.entries import OutcomeName
from daybook.zenoti.translate import TRANSLATION_VERSION, Told, Translation, translate
from tests.bodies import booking
from tests.engines import Engine, PostgreSQLEngine
from tests.intake.conftest import Desk
from tests.journal.vocabularies import NEWER, NEWER_LEVEL, Transferred

Reader = Callable[[Told, Translation], Translation]
Install = Callable[..., None]
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
    """Another translation, which reads what its reader makes of the first one's reading."""

    def install(reader: Reader, to: int = BETTER) -> None:
        def translate_better(told: Told) -> Translation:
            reading = reader(told, translate(told))
            events = tuple(replace(event, translation=to) for event in reading.events)
            return replace(reading, version=to, events=events)

        monkeypatch.setattr(release, "translate", translate_better)
        monkeypatch.setattr(retranslation, "TRANSLATION_VERSION", to)

    return install


def test_the_same_translation_changes_nothing(desk: Desk) -> None:
    desk.post(created())
    desk.post(b"{")
    desk.post({"id": "1", "event_id": "g", "event_type": "Guest.Created", "event_timestamp": AT, "data": {}})

    assert again(desk) == Retranslation(read=1)
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

    assert (done.read, done.changed, done.events, done.superseding) == (2, 1, 1, 1)
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


KEPT = {"id": "1", "event_id": "k", "event_type": "Guest.Created", "event_timestamp": AT, "data": {}}


def unreadable(_: Told, reading: Translation) -> Translation:
    """What a translation finds that knows the type, and not what the body is about."""
    return replace(
        reading, outcome="quarantined", events=(), dedupe_key=None, reason="no_subject", detail="it has no id"
    )


def test_what_was_kept_and_cannot_be_read_is_quarantined_as_if_it_came_today(
    desk: Desk, better: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = desk.post(KEPT)
    better(unreadable)

    would = again(desk, ["kept"], dry_run=True)
    assert desk.delivery(kept).outcome.outcome == "kept"
    done = again(desk, ["kept"])

    assert done == would == Retranslation(read=1, changed=1, quarantined=1)
    (found,) = desk.journal.inbox.quarantine(source="main", limit=9).items
    assert (found.delivery_id, found.outcome.reason, found.outcome.detail) == (
        kept.delivery_id,
        "no_subject",
        "it has no id",
    )
    assert again(desk) == Retranslation(read=1), "as before: no trace"
    monkeypatch.setattr(entry, "translate", vars(release)["translate"])
    answer = desk.post(KEPT)
    assert (answer.status, answer.delivery_id, desk.count()) == ("duplicate", kept.delivery_id, 1)


def test_it_is_let_in_by_a_release_and_claims_its_key_only_once(desk: Desk, better: Install) -> None:
    kept = desk.post(KEPT)
    desk.post(created(7))
    model = desk.journal.select_events_after(0, 1)[0]
    better(unreadable)
    again(desk, ["kept"])

    def understood(told: Told, reading: Translation) -> Translation:
        return replace(reading, outcome="recorded", events=(replace(model, delivery_id=told.delivery_id),))

    better(understood, to=BETTER + 1)
    assert kept.delivery_id is not None
    answer = desk.run(desk.intake.release(kept.delivery_id, source="main", distinct=False, by="cli"))

    assert (answer.status, answer.position) == ("recorded", 2)
    assert desk.journal.inbox.quarantine_counts("main") == {}
    assert desk.post(KEPT).delivery_id == kept.delivery_id, "its key is its own still"


def test_what_was_kept_stays_so_when_its_body_was_erased(desk: Desk, better: Install, engine: Engine) -> None:
    kept = desk.post(KEPT)
    erase = engine.run if isinstance(engine, PostgreSQLEngine) else engine._run  # type: ignore[attr-defined]
    erase("DELETE FROM bodies")
    better(lambda _, reading: reading)

    assert again(desk, ["kept"]) == Retranslation(read=1)
    assert (desk.delivery(kept).outcome.outcome, desk.delivery(kept).outcome.reason) == ("kept", None)


def test_the_doctor_tells_of_what_an_older_translation_kept_until_it_is_read_again(
    desk: Desk, better: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        desk.post({**KEPT, "event_id": f"k{number}"})
    desk.post(created())
    assert list(examine_kept(desk.journal)) == []
    better(lambda _, reading: reading)
    monkeypatch.setattr(inbox, "LOOKED_THROUGH_MAX", 2)

    (found,) = examine_kept(desk.journal)
    monkeypatch.setattr(inbox, "KEPT_DELIVERIES_MAX", 4)
    (bounded,) = examine_kept(desk.journal)

    assert (found.level, found.words.split(" kept")[0]) == (Level.WARNING, "5 deliveries were")
    assert "`daybook translate --kept`" in str(found.remedy)
    assert bounded.words.startswith("at least 4 deliveries")
    again(desk, ["kept"])
    assert list(examine_kept(desk.journal)) == []


def test_a_dry_run_tells_what_would_change_and_writes_nothing(desk: Desk, better: Install) -> None:
    answer = desk.post(created())
    better(lambda _, reading: replace(reading, events=tuple(replace(e, guest_id="x") for e in reading.events)))

    assert again(desk, dry_run=True) == Retranslation(read=1, changed=1, events=1, superseding=1)

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


def only(*subjects: str) -> Reader:
    """A reading that finds these subjects alone."""

    def read(_: Told, reading: Translation) -> Translation:
        return replace(reading, events=tuple(event for event in reading.events if event.subject_id in subjects))

    return read


def types(desk: Desk) -> list[tuple[str, str, int]]:
    return [
        (event.type_name(), event.subject_id, event.translation) for event in desk.journal.select_events_after(0, 99)
    ]


def test_what_a_delivery_does_not_tell_any_more_is_withdrawn(desk: Desk, better: Install) -> None:
    desk.post(created(1, recurrence_registration_ids=[2]))
    better(only("1"))

    done = again(desk)

    assert (done.changed, done.events, done.withdrawing) == (1, 1, 1)
    assert types(desk) == [
        ("Registration.Created", "1", TRANSLATION_VERSION),
        ("Registration.Created", "2", TRANSLATION_VERSION),
        ("Registration.Withdrawn", "2", BETTER),
    ]
    first, second = (desk.journal.stream(stream_id("main", Kind.REGISTRATION, subject)) for subject in "12")
    assert fold(first).status == "booked"
    assert fold(second) is None
    assert history(second) == []
    assert (second[1].occurred_at_ns, second[1].role) == (second[0].occurred_at_ns, "recurrence")


def test_what_was_withdrawn_can_be_told_again_and_what_others_tell_of_it_stays(desk: Desk, better: Install) -> None:
    desk.post(created(1, recurrence_registration_ids=[2]))
    desk.post(booking("Cancelled", 2, event_id="c", at=AT))
    better(only("1"), to=BETTER)
    again(desk)
    stream = stream_id("main", Kind.REGISTRATION, "2")
    assert fold(desk.journal.stream(stream)) is None, "the cancellation was withdrawn too"

    better(only("1", "2"), to=BETTER + 1)
    assert again(desk).events == 2

    state = fold(desk.journal.stream(stream))
    assert (state.status, state.version) == ("cancelled", 6)


def test_deliveries_that_are_now_read_as_one_count_once(
    desk: Desk, better: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retranslation, "BATCH_DELIVERIES_MAX", 1)
    told = {"registration_id": 1, "session_id": 5}
    first, second = (desk.post(told, url_type=f"Class.Booking.{what}") for what in ("Created", "Approved"))

    def as_one(_: Told, reading: Translation) -> Translation:
        return replace(reading, dedupe_key=bytes(32))

    better(as_one)
    would = again(desk, dry_run=True)
    done = again(desk)

    assert done == would
    assert (done.changed, done.events, done.withdrawing) == (1, 1, 1)
    assert types(desk)[2:] == [("Registration.Withdrawn", "1", BETTER)]
    assert desk.delivery(first).outcome.outcome == "recorded"
    outcome = desk.delivery(second).outcome
    assert (outcome.outcome, outcome.repeat_of) == ("repeat", desk.delivery(first).delivery_id)

    better(lambda _, reading: reading, to=BETTER + 1)
    assert (again(desk).events, desk.delivery(second).outcome.outcome) == (1, "recorded")


def test_what_is_not_about_a_registration_any_more_is_withdrawn(desk: Desk, better: Install) -> None:
    answer = desk.post(created())
    better(lambda _, reading: replace(reading, outcome="kept", events=()))

    assert again(desk).withdrawing == 1
    assert desk.delivery(answer).outcome.outcome == "kept"
    assert again(desk).read == 0


def test_an_older_process_does_not_unsay_what_a_newer_one_read(
    desk: Desk, better: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.post(created())
    desk.post(b"{")
    better(lambda _, reading: replace(reading, events=tuple(replace(e, guest_id="x") for e in reading.events)))
    again(desk)

    monkeypatch.setattr(release, "translate", translate)
    monkeypatch.setattr(retranslation, "TRANSLATION_VERSION", TRANSLATION_VERSION)

    assert again(desk).changed == 0
    assert desk.journal.head() == 2


def test_a_transaction_holds_few_deliveries_and_few_events_and_others_write_in_between(
    desk: Desk, better: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 7):
        desk.post(created(number, recurrence_registration_ids=[100 + number, 200 + number] if number > 3 else None))
    better(only(*"123456"))
    monkeypatch.setattr(retranslation, "BATCH_DELIVERIES_MAX", 2)
    monkeypatch.setattr(retranslation, "BATCH_EVENTS_MAX", 5)
    reads: list[int] = []

    async def steps() -> None:
        async for done in desk.intake.retranslate(ALL):
            reads.append(done.read)
            await desk.intake.receive(desk.call(created(50 + len(reads))))

    desk.run(steps())

    assert reads[:4] == [2, 3, 4, 5], "the first two together, those of many events alone"
    assert desk.count() == 6 + len(reads)


def test_the_type_that_a_person_gave_stays(desk: Desk, better: Install) -> None:
    bare = desk.post({"registration_id": 1})
    desk.run(
        desk.intake.release(desk.delivery(bare).delivery_id, source="main", event_type="Class.Booking.NoShow", by="cli")
    )
    better(lambda _, reading: replace(reading, events=tuple(replace(e, guest_id="x") for e in reading.events)))

    assert again(desk).superseding == 1

    assert types(desk) == [("Registration.NoShow", "1", TRANSLATION_VERSION), ("Registration.NoShow", "1", BETTER)]


def test_an_erased_body_leaves_what_was_read_of_it(desk: Desk, better: Install, engine: Engine) -> None:
    answer = desk.post(created())
    erase = engine.run if isinstance(engine, PostgreSQLEngine) else engine._run  # type: ignore[attr-defined]
    erase("DELETE FROM bodies")
    better(lambda _, reading: reading)

    assert again(desk).events == 0
    assert desk.delivery(answer).outcome.outcome == "recorded"


def test_events_that_older_processes_cannot_read_wait_until_they_may_be_written(
    journal: Journal, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = open_journal(engine.url, vocabulary=NEWER)
    desk = Desk(newer)
    desk.intake.start()
    monkeypatch.setattr(entry, "translate", transferred)
    monkeypatch.setattr(release, "translate", transferred)
    try:
        answer = desk.post(created())
        if newer.format_level < NEWER_LEVEL:
            assert (answer.status, desk.delivery(answer).outcome.reason) == ("kept", "format_level")
            assert "daybook migrate" in (answer.detail or "")
            with pytest.raises(FormatLevelError):
                again(desk)
            migrate(engine.url, NEWER)
            newer.probe()
            done = again(desk)
            assert (done.read, done.recorded, done.events) == (1, 1, 1)

        assert desk.delivery(answer).outcome.outcome == "recorded"
        assert isinstance(newer.select_events_after(0, 1)[0], Transferred)
        assert again(desk).read == 0
    finally:
        desk.close()
        newer.close()


def transferred(told: Told) -> Translation:
    """A newer translation: what was booked is transferred."""
    reading = translate(told)
    fields = [{name: getattr(event, name) for name in event.__struct_fields__} for event in reading.events]
    return replace(reading, events=tuple(Transferred(**each) for each in fields))
