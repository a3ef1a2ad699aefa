from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import uuid4

import msgspec
import pytest
from eventsourcing.persistence import StoredEvent
from hypothesis import given
from hypothesis import strategies as st

from daybook.domain.aggregates import EVENT_TYPES
from daybook.domain.appointment import AppointmentEvent, Started
from daybook.domain.registration import Created
from daybook.errors import EventNewerError, EventUnreadableError
from daybook.journal.mapper import RecordedEvent, StructMapper
from daybook.journal.vocabulary import FORMAT_LEVEL, Vocabulary

Booked = Callable[..., Created]


class Moved(AppointmentEvent, frozen=True, kw_only=True):
    """An event of tests, at its third version: first it told a room's number, then a list of one, now a text."""

    TOPIC: ClassVar[str] = "daybook:Test.Moved"
    CLASS_VERSION: ClassVar[int] = 3
    PROGRESS: ClassVar[int | None] = None

    class_version: int = 3
    room: str

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["rooms"] = [state.pop("number")]

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        state["room"] = str(state.pop("rooms")[0])


WITH_MOVED = Vocabulary({**EVENT_TYPES, Moved.TOPIC: Moved}, FORMAT_LEVEL)
COMMON = {
    "source": "main",
    "subject_id": "a",
    "delivery_id": uuid4(),
    "zenoti_type": "Appointment.Started",
    "occurred_at_ns": 5,
    "time_basis": "event",
    "origin": "webhook",
    "signature": "verified",
    "translation": 1,
}


def stored(topic: str, state: object, encoding: str = "plain") -> StoredEvent:
    return RecordedEvent(uuid4(), 1, topic, msgspec.json.encode(state), 7, encoding=encoding)


@pytest.mark.parametrize(
    "state",
    [
        {**COMMON, "class_version": 1, "number": 12},
        {**COMMON, "number": 12},
        {**COMMON, "class_version": 2, "rooms": [12]},
        {**COMMON, "class_version": 3, "room": "12"},
    ],
)
def test_an_older_version_of_an_event_is_read_as_the_current_one(state: dict[str, Any]) -> None:
    event = StructMapper(WITH_MOVED).to_domain_event(stored(Moved.TOPIC, state))

    assert isinstance(event, Moved)
    assert (event.room, event.class_version, event.position) == ("12", 3, 7)


def test_a_newer_version_of_an_event_is_never_decoded_in_silence() -> None:
    newer = {**COMMON, "class_version": 2, "told_only_by_the_newer_one": 1}

    with pytest.raises(EventNewerError, match=r"position 7.*class version 2"):
        StructMapper().to_domain_event(stored(Started.TOPIC, newer))


@pytest.mark.parametrize("topic", ["daybook:Appointment.Teleported", "daybook:fold", "os:remove", "nonsense"])
def test_a_type_that_is_not_known_is_never_decoded_in_silence(topic: str) -> None:
    with pytest.raises(EventNewerError, match="position 7"):
        StructMapper().to_domain_event(stored(topic, COMMON))


def test_an_encoding_that_is_not_known_is_never_decoded_in_silence() -> None:
    with pytest.raises(EventNewerError, match="encoding"):
        StructMapper().to_domain_event(stored(Started.TOPIC, COMMON, encoding="zstd"))


@pytest.mark.parametrize("state", [[1], {"class_version": "x"}, {"class_version": 1}])
def test_a_damaged_event_says_where_it_stands(state: object) -> None:
    with pytest.raises(EventUnreadableError, match="position 7"):
        StructMapper().to_domain_event(stored(Started.TOPIC, state))


@given(
    told=st.builds(
        Started,
        originator_id=st.uuids(),
        originator_version=st.integers(1, 1 << 31),
        source=st.text(),
        subject_id=st.text(),
        delivery_id=st.uuids(),
        zenoti_type=st.text(),
        event_id=st.none() | st.text(),
        occurred_at_ns=st.integers(-(1 << 63), (1 << 63) - 1),
        time_basis=st.sampled_from(["event", "arrival"]),
        origin=st.sampled_from(["webhook", "import"]),
        signature=st.sampled_from(["verified", "unsigned", "unchecked"]),
        translation=st.integers(1, 9),
        progress=st.none() | st.integers(-(1 << 63), (1 << 63) - 1) | st.just(msgspec.UNSET),
        service_name=st.none() | st.text() | st.just(msgspec.UNSET),
        has_add_ons=st.none() | st.booleans() | st.just(msgspec.UNSET),
    )
)
def test_every_event_comes_back_as_it_was_told(told: Started) -> None:
    mapper = StructMapper()

    assert mapper.to_domain_event(mapper.to_stored_event(told)) == told


def test_what_the_journal_gives_is_not_in_the_stored_state(booked: Booked) -> None:
    state = msgspec.json.decode(StructMapper().to_stored_event(booked()).state)

    assert not state.keys() & {"originator_id", "originator_version", "position", "recorded_at_ns"}
    assert state["class_version"] == 1
