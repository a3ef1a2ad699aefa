from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from daybook.intake import Answer, Intake, Refusal, writer
from daybook.journal import Journal
from tests.bodies import booking
from tests.engines import Engine
from tests.intake.conftest import RULES, Desk

AT = "2026-03-01T09:00:00Z"
ZENOTI_LISTENS_S = 8.0


def created(number: int) -> dict[str, object]:
    return booking("Created", number, event_id=f"e{number}", at=AT)


def test_while_another_process_holds_the_lock_calls_are_refused_in_time_and_taken_later(
    desk: Desk, engine: Engine
) -> None:
    with engine.locked():
        asked_s = time.monotonic()
        answers = desk.at_once(*(desk.call(created(number)) for number in range(1, 4)))
        waited_s = time.monotonic() - asked_s

    assert waited_s < ZENOTI_LISTENS_S
    refused = [answer for answer in answers if isinstance(answer, Refusal)]
    # On PostgreSQL a holder that does nothing is ended before the last one gives up.
    assert refused
    for refusal in refused:
        assert refusal.http_status == 503
        assert refusal.retry_after_s
    # What the writer had taken it may have stored behind the refusal: then it is a duplicate, and nothing is lost.
    assert {desk.post(created(number)).status for number in range(1, 4)} <= {"recorded", "duplicate"}
    assert desk.count() == 3


def test_a_call_whose_turn_does_not_come_in_time_is_refused_and_not_stored_behind_its_back(
    desk: Desk, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daybook.intake.receiver.ANSWER_WAIT_S_MAX", 0.2)
    monkeypatch.setattr(writer, "BATCH_DELIVERIES_MAX", 1)

    with engine.locked():
        refused = desk.at_once(*(desk.call(created(number)) for number in range(1, 6)))

    assert {answer.reason for answer in refused if isinstance(answer, Refusal)} == {"store_timeout"}
    monkeypatch.undo()
    assert desk.post(created(9)).status == "recorded"
    # The writer had taken the first one; the others it skipped.
    assert desk.count() <= 2


def test_a_full_disk_is_refused_and_it_goes_on_by_itself(desk: Desk, folder: Path) -> None:
    store: Any = desk.journal._store
    with store._writers:
        store._connected().execute("PRAGMA max_page_count = 1")

    refused = desk.send(created(1) | {"padding": "x" * 500_000})

    assert isinstance(refused, Refusal)
    assert refused.http_status == 503
    assert desk.post(created(1)).status == "recorded"
    assert desk.count() == 1


def test_more_than_the_queue_holds_is_refused_at_once(
    desk: Desk, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "QUEUE_DELIVERIES_MAX", 3)
    monkeypatch.setattr("daybook.intake.receiver.ANSWER_WAIT_S_MAX", 0.3)

    with engine.locked():
        refused = desk.at_once(*(desk.call(created(number)) for number in range(20)))

    reasons = [answer.reason for answer in refused if isinstance(answer, Refusal)]
    assert reasons.count("queue_full") >= 10
    assert set(reasons) == {"queue_full", "store_timeout"}


def test_more_bytes_than_the_queue_holds_are_refused_at_once(
    desk: Desk, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "QUEUE_BYTES_MAX", 3_000)
    monkeypatch.setattr("daybook.intake.receiver.ANSWER_WAIT_S_MAX", 0.3)

    with engine.locked():
        refused = desk.at_once(*(desk.call(created(number) | {"padding": "x" * 1_000}) for number in range(20)))

    assert [answer.reason for answer in refused if isinstance(answer, Refusal)].count("queue_full") >= 10


def test_what_was_accepted_before_a_stop_is_committed_and_answered(journal: Journal) -> None:
    desk = Desk(journal)
    desk.intake.start()

    async def stop_in_the_middle() -> list[Answer | Refusal]:
        calls = [asyncio.create_task(desk.intake.receive(desk.call(created(number)))) for number in range(1, 201)]
        await asyncio.sleep(0)
        await desk.intake.stop()
        return list(await asyncio.gather(*calls))

    answers = desk.run(stop_in_the_middle())

    recorded = [answer for answer in answers if isinstance(answer, Answer)]
    assert len(recorded) == 200
    assert desk.count() == 200
    late = desk.send(created(999))
    assert isinstance(late, Refusal)
    assert late.http_status == 503
    desk.close()


def test_two_processes_on_one_store_write_in_turn_and_record_nothing_twice(desk: Desk, engine: Engine) -> None:
    other_journal = engine.open()
    other = Intake(other_journal, RULES)
    other.start()

    async def both() -> list[Answer | Refusal]:
        intakes = (desk.intake, other)
        return await asyncio.gather(
            *(intakes[number % 2].receive(desk.call(created(1 + number // 2))) for number in range(200))
        )

    answers = desk.run(both())
    desk.run(other.stop())
    other_journal.close()

    statuses = [answer.status for answer in answers if isinstance(answer, Answer)]
    assert (statuses.count("recorded"), statuses.count("duplicate")) == (100, 100)
    assert [event.position for event in desk.journal.select_events_after(0, 999)] == list(range(1, 101))
