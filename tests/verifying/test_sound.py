"""What is sound is found sound: by small pages, by a sample, while it grows, and where nothing can be proved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Thread
from typing import Any

from daybook.domain.identity import Kind, stream_id
from daybook.projecting.projection import StateProjection
from daybook.verifying import Damage, Note, Progress, verify
from tests.bodies import booking
from tests.verifying.conftest import Plant
from tests.verifying.stores import SOURCE, Book, opened

WAIT_S_MAX = 60


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
    def grow() -> None:
        with opened(url) as other:
            for number in range(100, 140):
                told = [("Created", "10"), ("Approved", "11"), ("NoShow", "09")]
                other.tell(
                    *(
                        booking(what, number, event_id=f"{what}{number}", at=f"2026-01-05T{hour}:00:00Z")
                        for what, hour in told
                    )
                )
                other.post()

    thread = Thread(target=grow)
    thread.start()
    while thread.is_alive():
        assert book.damage() == []
    thread.join(WAIT_S_MAX)

    assert book.journal.head() == 13 + 3 * 40
    assert book.damage() == []


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
