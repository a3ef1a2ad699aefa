"""The index of payloads: written with each delivery's own transaction, and never more than its bounds."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import pytest

from daybook.intake import Call, shapes
from daybook.intake.authentication import authenticate
from daybook.intake.entry import Entry, prepare
from daybook.intake.recording import record
from daybook.intake.shapes import OTHER, Shapes
from daybook.journal import Journal
from daybook.journal.payloads import PayloadShape
from tests.bodies import booking, enveloped
from tests.engines import Engine
from tests.intake.conftest import RULES, Desk
from tests.server.process import wait_until

AT = "2026-03-01T09:00:00Z"


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts do not wait."""
    monkeypatch.setattr(shapes, "COUNT_EVERY_S", 0.0)


def created(number: int, **told: object) -> dict[str, Any]:
    return booking("Created", number, event_id=f"e{number}", at=AT, **told)


def seen(journal: Journal) -> dict[tuple[str, str, int], int]:
    """By event type, event schema and number of keys, the deliveries."""
    found: dict[tuple[str, str, int], int] = {}
    for shape in journal.payloads.shapes():
        kind = (shape.event_type, shape.event_schema, len(shape.paths))
        found[kind] = found.get(kind, 0) + shape.deliveries
    return found


def types(journal: Journal, path: str) -> set[str]:
    return {each.json_type for each in journal.payloads.types() if each.path == path}


def entry(desk: Desk, body: object) -> Entry:
    call: Call = desk.call(body)
    checked = authenticate(call, RULES["main"])
    assert checked is not None
    return prepare(call, checked, None)


def test_every_delivery_is_counted_under_its_type_its_schema_and_its_keys(desk: Desk, at_once: None) -> None:
    before_ns = time.time_ns()
    desk.post(created(1))
    desk.post(created(2, waitlist=True))
    desk.post(created(3, tip_amount=5))
    desk.post({**booking("Cancelled", 1, event_id="c1", at=AT), "event_schema": "v2"})
    desk.post({"some": "thing"}, url_type="Guest.Updated")

    journal = desk.journal
    assert seen(journal) == {
        ("Class.Booking.Created", "v1", 23): 2,
        ("Class.Booking.Created", "v1", 24): 1,
        ("Class.Booking.Cancelled", "v2", 23): 1,
        ("Guest.Updated", "", 1): 1,
    }
    assert types(journal, "data.waitlist") == {"null", "boolean"}
    assert types(journal, "data.tip_amount") == {"number"}
    with_a_tip: PayloadShape = next(shape for shape in journal.payloads.shapes() if "data.tip_amount" in shape.paths)
    assert before_ns <= with_a_tip.first_seen_ns == with_a_tip.last_seen_ns <= time.time_ns()


def test_what_is_seen_again_moves_the_count_and_the_last_time_only(desk: Desk, at_once: None) -> None:
    desk.post(created(1))
    (first,) = desk.journal.payloads.shapes()

    desk.post(created(2))

    (again,) = desk.journal.payloads.shapes()
    assert again.deliveries == 2
    assert again.first_seen_ns == first.first_seen_ns < again.last_seen_ns


def test_a_repeat_is_not_counted_but_a_conflict_and_a_quarantined_delivery_are(desk: Desk, at_once: None) -> None:
    desk.post(created(1))
    desk.post(created(1))
    desk.post(created(1, session_id=5))
    desk.post({"no": "type"})
    desk.post(b"{ not JSON")
    desk.post(b"17")

    assert seen(desk.journal) == {("Class.Booking.Created", "v1", 23): 2, ("", "", 1): 1}


def test_what_nobody_signed_counts_when_somebody_vouches_for_it(desk: Desk, at_once: None) -> None:
    answer = desk.post(created(1), secret=None, source="watched")
    assert seen(desk.journal) == {}
    assert answer.delivery_id is not None

    for _ in range(2):
        desk.run(_released(desk, answer.delivery_id))

    assert seen(desk.journal) == {("Class.Booking.Created", "v1", 23): 1}


async def _released(desk: Desk, delivery_id: Any) -> None:  # noqa: ANN401
    from daybook.errors import NotQuarantinedError

    try:
        await desk.intake.release(delivery_id, source="watched", by="cli")
    except NotQuarantinedError:
        return


def test_several_writers_count_together(desk: Desk, at_once: None, engine: Engine) -> None:
    other = engine.open()
    try:
        second = Desk(other)
        second.intake.start()
        for number in range(4):
            (desk if number % 2 else second).post(created(number + 1))
        second.post(created(9, tip_amount=5))
        desk.post(created(10, tip_amount=6))
        second.close()
    finally:
        other.close()

    assert seen(desk.journal) == {("Class.Booking.Created", "v1", 23): 4, ("Class.Booking.Created", "v1", 24): 2}


def test_a_batch_that_failed_is_noted_when_its_deliveries_are_written_one_by_one(
    desk: Desk, at_once: None, engine: Engine
) -> None:
    engine.refuse_events_with("poison")

    # The culprit is first, so that the others' keys are new to a writer that has failed.
    desk.at_once(
        *(desk.call(created(number, guest_id="poison" if number == 2 else "g", tip=1)) for number in range(1, 4))
    )

    # The culprit is kept with its body, but is not looked into again.
    assert seen(desk.journal) == {("Class.Booking.Created", "v1", 24): 2}
    assert types(desk.journal, "data.tip") == {"number"}


def test_a_commit_of_unknown_outcome_that_is_run_again_counts_once(desk: Desk, at_once: None) -> None:
    entries, known = [entry(desk, created(1)), entry(desk, created(2))], Shapes()

    with desk.journal.transaction() as tx:
        record(tx, entries, shapes=known)
    known.forget(is_unknown=True)
    with desk.journal.transaction() as tx:
        record(tx, entries, shapes=known, is_rerun=True)

    assert seen(desk.journal) == {("Class.Booking.Created", "v1", 23): 2}


def test_shapes_beyond_the_bound_are_counted_together_and_their_keys_are_noted(
    desk: Desk, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapes, "SHAPES_MAX", 2)

    for number in range(1, 6):
        desk.post(created(number, **{f"line_{number}": number}))

    counted = {shape.shape: shape.deliveries for shape in desk.journal.payloads.shapes()}
    assert len(counted) == 3
    assert counted[OTHER] == 3
    assert types(desk.journal, "data.line_5") == {"number"}


def test_types_beyond_the_bound_are_not_noted(desk: Desk, at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "TYPES_MAX", 25)

    for number in range(1, 6):
        desk.post(created(number, **{f"line_{number}": number}))

    assert len(desk.journal.payloads.types()) == 25


def test_event_types_beyond_the_bound_are_counted_together(
    desk: Desk, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapes, "KINDS_MAX", 3)
    monkeypatch.setattr(shapes, "_KNOWN_MAX", 2)

    for number in range(8):
        desk.post(enveloped(f"Made.Up{number}", {"key": 1}, event_id=f"m{number}", at=AT))
    desk.post(created(1))

    kinds = [shape.event_type for shape in desk.journal.payloads.shapes()]
    assert kinds.count(OTHER) == 2, "of two shapes"
    assert len(set(kinds)) == 4
    assert sum(seen(desk.journal).values()) == 9


def test_what_is_new_is_written_at_once_and_counts_wait_for_at_most_a_second(desk: Desk) -> None:
    desk.post(created(1))
    desk.post(created(2))
    desk.post(created(3, tip_amount=5))
    assert types(desk.journal, "data.tip_amount") == {"number"}
    assert seen(desk.journal)["Class.Booking.Created", "v1", 24] == 1

    for number in range(4, 8):
        desk.post(created(number))

    wait_until(lambda: sum(seen(desk.journal).values()) == 7, "the writer counted all, with nothing left to write")


def test_a_writer_that_stops_has_counted_everything(journal: Journal) -> None:
    desk = Desk(journal)
    desk.intake.start()
    for number in range(1, 6):
        desk.post(created(number))
    desk.close()

    assert seen(journal) == {("Class.Booking.Created", "v1", 23): 5}


def test_counts_are_lost_rather_than_doubled_where_nobody_knows_whether_they_were_committed(journal: Journal) -> None:
    desk = Desk(journal)
    known = Shapes()
    for number in (1, 2, 3):
        with journal.transaction() as tx:
            record(tx, [entry(desk, created(number))], shapes=known)
        known.settle()
    assert sum(seen(journal).values()) == 1, "two wait"

    with suppress(KeyError), journal.transaction() as tx:
        record(tx, [entry(desk, created(4, tip=1))], shapes=known)
        raise KeyError
    known.forget()
    with journal.transaction() as tx:
        record(tx, [entry(desk, created(5, tip=1))], shapes=known)
    known.forget(is_unknown=True)
    with journal.transaction() as tx:
        record(tx, [entry(desk, created(6, tip=1))], shapes=known)
    known.settle()

    assert sum(seen(journal).values()) == 5, "all but the one that was rolled back"
    desk.close()
