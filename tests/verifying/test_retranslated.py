"""What a better translation appended, superseded and withdrew is sound too, and damage in it is found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import pytest
from msgspec.structs import replace

from daybook.domain.identity import Kind, stream_id
from daybook.intake import Intake, release, retranslation
from daybook.verifying import rereading
from daybook.zenoti.translate import TRANSLATION_VERSION, Told, Translation, translate
from tests.verifying.stores import SOURCE, Book, opened, vandal

Reader: TypeAlias = Callable[[Translation], Translation]

NEWER: Final = TRANSLATION_VERSION + 1


def without_siblings(reading: Translation) -> Translation:
    """Nothing is told of the others that a booking names; the rest is read as before."""
    return replace(reading, events=tuple(event for event in reading.events if event.role == "primary"))


def elsewhere(reading: Translation) -> Translation:
    """All takes place at another center, which supersedes every event."""
    return replace(reading, events=tuple(replace(event, center_id="elsewhere") for event in reading.events))


def of_nothing(reading: Translation) -> Translation:
    """Nothing is about a registration or an appointment any more."""
    return reading if reading.outcome == "quarantined" else replace(reading, outcome="kept", events=())


def misunderstood(reading: Translation) -> Translation:
    """Nothing is understood any more; what was understood once stays."""
    return replace(reading, outcome="quarantined", reason="a_mystery", events=(), dedupe_key=None)


def all_as_one(reading: Translation) -> Translation:
    """Every delivery tells what the first one told."""
    return replace(reading, dedupe_key=bytes(32)) if reading.dedupe_key else reading


READERS: Final[list[Reader]] = [without_siblings, elsewhere, of_nothing, misunderstood, all_as_one]


@pytest.fixture
def better(monkeypatch: pytest.MonkeyPatch) -> Callable[[Reader], None]:
    """From now on deliveries are read so."""

    def install(reader: Reader) -> None:
        def translate_better(told: Told) -> Translation:
            reading = reader(translate(told))
            return replace(
                reading, version=NEWER, events=tuple(replace(event, translation=NEWER) for event in reading.events)
            )

        for module in (release, rereading):
            monkeypatch.setattr(module, "translate", translate_better)
        for module in (retranslation, rereading):
            monkeypatch.setattr(module, "TRANSLATION_VERSION", NEWER)

    return install


def read_again(book: Book) -> None:
    async def steps() -> None:
        async for _ in Intake(book.journal, {}).retranslate(["recorded", "kept", "quarantined"], source=SOURCE):
            pass

    asyncio.run(steps())
    book.post()


@pytest.mark.parametrize("reader", READERS)
def test_deliveries_that_were_translated_again_are_sound(
    book: Book, better: Callable[[Reader], None], reader: Reader
) -> None:
    better(reader)

    read_again(book)

    assert book.damage() == []
    assert book.notes() == []


def test_an_altered_event_that_supersedes_another_is_found(url: str, better: Callable[[Reader], None]) -> None:
    better(elsewhere)
    with opened(url) as book:
        read_again(book)
        last: Any = book.journal.stream(stream_id(SOURCE, Kind.APPOINTMENT, "a1"))[-1]
    with vandal(url) as at_work:
        at_work.set_state(last.position, at_work.state(last.position).replace("elsewhere", "nowhere"))

    with opened(url) as book:
        assert {"event_altered"} <= set(book.codes()) <= {"event_altered", "row_changed", "cursor_differs"}
