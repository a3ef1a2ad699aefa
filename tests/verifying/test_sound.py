"""What is sound is found sound: by small pages, by a sample, while it grows, and where nothing can be proved."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from threading import Event
from typing import Any

import sqlalchemy as sa

from daybook.domain.identity import Kind, stream_id
from daybook.projecting.projection import StateProjection
from daybook.verifying import Damage, Note, Progress, verify
from daybook.verifying.orphans import verify_orphans
from daybook.verifying.streams import verify_streams
from tests.bodies import booking
from tests.verifying.conftest import Plant
from tests.verifying.stores import SOURCE, Book, opened

WAIT_S_MAX = 60
ROUNDS = 3
"""That began and ended while the store grew."""
ROUNDS_MAX = 100


def test_a_sound_store_is_found_sound(book: Book) -> None:
    told = book.told()

    assert not [one for one in told if isinstance(one, Damage | Note)]
    phases = {one.phase: one for one in told if isinstance(one, Progress)}
    assert {"events", "streams", "deliveries", "keys", "registrations rows", "history rows"} <= set(phases)
    assert all(one.done == one.total for one in phases.values() if one.total is not None)


def test_an_empty_store_is_sound(engine: Any) -> None:  # noqa: ANN401  one of either kind
    with opened(engine.url) as book:
        assert book.damage() == []


def test_a_sound_store_is_found_sound_by_pages_of_any_size(book: Book, page_size: Callable[[int], None]) -> None:
    for size in (1, 2, 3, 13):
        page_size(size)

        assert book.damage() == []


def test_a_sample_of_a_sound_store_is_sound(book: Book) -> None:
    for sample in (1, 7, 1_000):
        assert book.damage(sample=sample) == []


def test_a_sample_finds_what_is_wrong_with_many_rows(url: str, vandalize: Callable[[Plant], None]) -> None:
    vandalize(lambda vandal: vandal.run("UPDATE registrations_v2 SET status = 'deleted'"))
    vandalize(lambda vandal: vandal.run("UPDATE history_v2 SET type = 'x'"))

    with opened(url) as book:
        # Many runs: one may begin behind the last of so few streams.
        codes = book.codes(sample=1_000)

    assert set(codes) == {"row_changed"}


def test_a_sample_still_sees_all_of_the_journal(url: str, vandalize: Callable[[Plant], None]) -> None:
    vandalize(lambda vandal: vandal.run("DELETE FROM events WHERE position = 7"))

    with opened(url) as book:
        assert {"event_missing", "outcome_without_events"} <= set(book.codes(sample=1))


def test_a_projection_that_is_behind_is_sound_and_said_to_be_behind(book: Book) -> None:
    book.tell(booking("Approved", 2, event_id="e20", at="2026-01-04T10:00:00Z"))

    assert book.damage() == []
    assert "projection registrations: it is 1 events behind the journal, which is no damage" in book.notes()


def test_a_store_is_found_sound_while_it_grows_and_is_posted(url: str, book: Book) -> None:
    enough = Event()
    head = book.journal.head()

    def grow() -> None:
        with opened(url) as other:
            for number in count(100):
                other.tell(
                    booking("Created", number, event_id=f"c{number}", at="2026-01-05T10:00:00Z"),
                    booking("Approved", number, event_id=f"a{number}", at="2026-01-05T11:00:00Z"),
                    booking("NoShow", number, event_id=f"n{number}", at="2026-01-05T09:00:00Z"),  # late
                )
                other.post()
                if enough.is_set():
                    return

    rounds_while_it_grew = 0
    with ThreadPoolExecutor(1) as threads:
        growing = threads.submit(grow)
        try:
            for _ in range(ROUNDS_MAX):
                before = book.journal.head()
                assert book.damage() == []
                rounds_while_it_grew += book.journal.head() > before > head
                if rounds_while_it_grew == ROUNDS:
                    break
        finally:
            enough.set()
        growing.result(WAIT_S_MAX)

    assert rounds_while_it_grew == ROUNDS
    assert book.damage() == []
    assert book.notes() == []


def test_nothing_is_read_by_going_through_all_that_is_there_for_each_page(
    book: Book, page_size: Callable[[int], None]
) -> None:
    page_size(3)
    plans: list[str] = []

    def explain(_: object, cursor: Any, statement: str, parameters: Any, *__: object) -> None:  # noqa: ANN401
        if statement.startswith("SELECT") and "LIMIT" in statement:
            how = "EXPLAIN" if book.url.startswith("postgresql") else "EXPLAIN QUERY PLAN"
            cursor.execute(f"{how} {statement}", parameters)
            plans.append("\n".join(str(row) for row in cursor.fetchall()))

    sa.event.listen(sa.Engine, "before_cursor_execute", explain)
    try:
        assert [*verify_streams(book.journal, book.journal.head()), *verify_orphans(book.journal)]
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", explain)

    assert len(plans) > 10, "several pages of several tables"
    whole = re.compile(r"Seq Scan|Join|'Sort |->  Sort |hashed|USE TEMP B-TREE FOR ORDER BY")
    assert [plan for plan in plans if whole.search(plan)] == []


def test_an_erased_body_is_no_damage_and_is_told(url: str, vandalize: Callable[[Plant], None]) -> None:
    vandalize(
        lambda vandal: vandal.run(
            "DELETE FROM bodies WHERE delivery_id = (SELECT delivery_id FROM events WHERE position = 6)"
        )
    )

    with opened(url) as book:
        assert book.damage() == []
        assert "deliveries: 1 bodies are not there: what they told cannot be read again" in book.notes()


def test_what_an_older_translation_read_is_not_compared_and_is_told(book: Book, newer_translation: None) -> None:
    assert book.damage() == []
    assert [note for note in book.notes() if "9 deliveries were read by an older translation" in note]


def test_a_projection_that_nobody_has_code_for_is_told(book: Book) -> None:
    some = {name: projection for name, projection in book.projections.items() if name != "history"}

    told = list(verify(book.journal, book.read_store, some))

    assert [one for one in told if isinstance(one, Note) and one.about == "projection history"]
    assert not [one for one in told if isinstance(one, Damage)]


def test_code_that_fails_is_told_for_the_streams_it_fails_at(book: Book) -> None:
    sound = book.projections["registrations"]
    assert isinstance(sound, StateProjection)
    rows = sound.rows[Kind.REGISTRATION]

    def failing(state: Any) -> Any:  # noqa: ANN401  any state
        if state.id == stream_id(SOURCE, Kind.REGISTRATION, "2"):
            raise ValueError("a secret")
        return rows(state)

    broken = {**book.projections, "registrations": replace(sound, rows={Kind.REGISTRATION: failing})}
    (found,) = [one for one in verify(book.journal, book.read_store, broken) if isinstance(one, Damage)]

    assert found.code == "code_fails"
    assert "main/registration/2" in found.where
    assert "secret" not in found.words


def test_what_is_told_holds_no_value_of_a_row(url: str, vandalize: Callable[[Plant], None]) -> None:
    vandalize(lambda vandal: vandal.run("UPDATE appointments_v2 SET therapist_name = 'Jo Doe' WHERE version = 2"))

    with opened(url) as book:
        found = book.damage()

    assert len(found) == 2
    assert "therapist_name" in found[0].words
    assert not [damage for damage in found if "Doe" in repr(damage) or "Vale" in repr(damage)]
    assert {damage.remedy for damage in found} == {
        "daybook rebuild appointments --id a1 --source main",
        "daybook rebuild appointments --id a2 --source main",
    }
