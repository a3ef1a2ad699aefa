"""What may be written and read while old and new code run side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from msgspec.structs import asdict

from daybook.domain import registration
from daybook.domain.aggregates import EVENT_TYPES
from daybook.domain.appointment import AppointmentEvent
from daybook.domain.registration import Created
from daybook.errors import EventCodeError, EventNewerError, FormatLevelError, StoreNewerError
from daybook.journal import Journal, migrate, open_journal
from daybook.journal.mapper import StructMapper
from daybook.journal.vocabulary import FORMAT_LEVEL, VOCABULARY, Vocabulary
from tests.engines import Engine, PostgreSQLEngine
from tests.journal.conftest import registration as stream_of
from tests.journal.vocabularies import NEWER, NEWER_LEVEL, OLDER, CreatedNow, Transferred

Booked = Callable[..., Created]


class Gapped(AppointmentEvent, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "daybook:Test.Gapped"
    CLASS_VERSION: ClassVar[int] = 3
    PROGRESS: ClassVar[int | None] = None

    class_version: int = 3

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """The next one is missing."""


class Mislabelled(AppointmentEvent, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "daybook:Test.Mislabelled"
    CLASS_VERSION: ClassVar[int] = 2
    PROGRESS: ClassVar[int | None] = None

    upcast_v1_v2: ClassVar[Callable[[dict[str, Any]], None]] = dict.clear


class Unraised(AppointmentEvent, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "daybook:Test.Unraised"
    PROGRESS: ClassVar[int | None] = None

    upcast_v1_v2: ClassVar[Callable[[dict[str, Any]], None]] = dict.clear


class Ahead(AppointmentEvent, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "daybook:Test.Ahead"
    LEVEL: ClassVar[int] = 99
    PROGRESS: ClassVar[int | None] = None


@pytest.mark.parametrize(
    ("event_type", "trouble"),
    [
        (Gapped, "Gapped.*no upcast_v2_v3"),
        (Mislabelled, "class_version says 1, its CLASS_VERSION 2"),
        (Unraised, "upcast from class version 1, which it says is the current one"),
        (Ahead, "from format level 99 on"),
    ],
)
def test_code_that_could_not_read_every_event_does_not_start(engine: Engine, event_type: Any, trouble: str) -> None:  # noqa: ANN401
    vocabulary = Vocabulary({**EVENT_TYPES, event_type.TOPIC: event_type}, FORMAT_LEVEL)

    with pytest.raises(EventCodeError, match=trouble):
        StructMapper(vocabulary)
    with pytest.raises(EventCodeError, match=trouble):
        open_journal(engine.url, vocabulary=vocabulary)


def test_todays_code_can_read_every_event() -> None:
    VOCABULARY.check()


def newer_event(event_type: type[Any], told: Created, **more: Any) -> Any:  # noqa: ANN401
    fields = {name: value for name, value in asdict(told).items() if name not in {"class_version", "workshop_id"}}
    return event_type(**{**fields, **more})


@pytest.fixture
def older(engine: Engine) -> Iterator[Journal]:
    journal = open_journal(engine.url, vocabulary=OLDER)
    yield journal
    journal.close()


@pytest.fixture
def newer(older: Journal, engine: Engine) -> Iterator[Journal]:
    """Started on a store that is there, beside the older one."""
    journal = open_journal(engine.url, vocabulary=NEWER)
    yield journal
    journal.close()


def is_shared(engine: Engine) -> bool:
    """Whether older processes may run beside newer ones."""
    return isinstance(engine, PostgreSQLEngine)


def test_nothing_newer_is_written_until_the_level_is_raised(
    older: Journal, newer: Journal, engine: Engine, booked: Booked
) -> None:
    if not is_shared(engine):
        assert newer.format_level == NEWER_LEVEL, "an embedded store is raised by whoever opens it"
        return
    assert newer.format_level == FORMAT_LEVEL

    for event_type in (CreatedNow, Transferred):
        with pytest.raises(FormatLevelError, match="daybook migrate"):
            newer.save(newer_event(event_type, booked()))
    older.save(booked())

    assert newer.head() == 1
    (event,) = newer.stream(stream_of("1"))
    assert isinstance(event, CreatedNow)


def test_once_the_level_is_raised_running_processes_write_what_is_newer_and_older_ones_refuse_to_start(
    older: Journal, newer: Journal, engine: Engine, booked: Booked
) -> None:
    older.save(booked())

    done = migrate(engine.url, NEWER)

    assert done.level == NEWER_LEVEL
    assert done.level_before == (FORMAT_LEVEL if is_shared(engine) else NEWER_LEVEL)
    assert migrate(engine.url, NEWER).level_before == NEWER_LEVEL
    newer.probe()
    newer.save(newer_event(CreatedNow, booked(), originator_version=2, course_id="c"))
    newer.save(newer_event(Transferred, booked(), originator_version=3))
    assert [type(event) for event in newer.stream(stream_of("1"))] == [CreatedNow, CreatedNow, Transferred]
    with pytest.raises(StoreNewerError, match=f"format_level {NEWER_LEVEL}, this daybook knows {FORMAT_LEVEL}"):
        open_journal(engine.url, vocabulary=OLDER)
    with pytest.raises(StoreNewerError):
        migrate(engine.url, OLDER)


def test_an_older_process_that_still_runs_decodes_nothing_newer_in_silence(
    older: Journal, newer: Journal, engine: Engine, booked: Booked
) -> None:
    migrate(engine.url, NEWER)
    newer.probe()
    newer.save(newer_event(CreatedNow, booked(), course_id="c"))
    newer.save(newer_event(Transferred, booked("2")))

    with pytest.raises(EventNewerError, match=r"position 1.*class version 2"):
        older.select_events_after(0, 1)
    with pytest.raises(EventNewerError, match=r"position 2.*Registration\.Transferred"):
        older.select_events_after(1, 1)
    older.save(booked("3"))
    assert isinstance(newer.stream(stream_of("3"))[0], CreatedNow)


def test_what_an_older_process_wrote_is_read_as_the_newer_class(older: Journal, newer: Journal, booked: Booked) -> None:
    told = booked()
    older.save(registration.Created(**{**asdict(told), "workshop_id": "w"}))

    (event,) = newer.select_events_after(0, 1)

    assert isinstance(event, CreatedNow)
    assert (event.class_version, event.course_id, event.guest_id, event.position) == (2, "w", "g", 1)


def test_a_new_store_is_at_the_level_of_the_code_that_made_it(engine: Engine) -> None:
    journal = open_journal(engine.url, vocabulary=NEWER)

    assert journal.format_level == NEWER_LEVEL
    assert (journal.opened.level_before, journal.opened.level) == (0, NEWER_LEVEL)
    journal.close()
