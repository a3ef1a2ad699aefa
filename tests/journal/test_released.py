"""One recorded state of every class version that was ever written: whoever changes a class sees what it breaks.

A file `{type}.v{class version}.json` holds such a state and, in `reads_as`, what today's code makes of it. States are
never changed; a class that is raised to another version gets a file more, and the older ones another `reads_as`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from eventsourcing.persistence import StoredEvent

from daybook.domain.aggregates import EVENT_TYPES
from daybook.domain.events import Event
from daybook.journal.mapper import RecordedEvent, StructMapper, encode_event

FOLDER = Path(__file__).parent / "released_states"
GIVEN = {"originator_id", "originator_version", "position", "recorded_at_ns"}
WRITTEN = [
    (event_type, version) for event_type in EVENT_TYPES.values() for version in range(1, event_type.CLASS_VERSION + 1)
]


def file_of(event_type: type[Event], version: int) -> Path:
    return FOLDER / f"{event_type.type_name()}.v{version}.json"


def read(path: Path) -> tuple[bytes, dict[str, Any]]:
    told = json.loads(path.read_text())
    return msgspec.json.encode(told["state"]), told["reads_as"]


@pytest.mark.parametrize(("event_type", "version"), WRITTEN)
def test_every_state_ever_written_is_read_field_by_field(event_type: type[Event], version: int) -> None:
    path = file_of(event_type, version)
    assert path.exists(), f"{path.name} is missing: record a state of this class version"
    state, reads_as = read(path)
    stored: StoredEvent = RecordedEvent(UUID(int=1), 2, event_type.TOPIC, state, 3, recorded_at_ns=4)

    event = StructMapper().to_domain_event(stored)

    assert type(event) is event_type
    assert msgspec.json.decode(encode_event(event)) == reads_as
    assert (event.originator_id, event.originator_version, event.position, event.recorded_at_ns) == (
        UUID(int=1),
        2,
        3,
        4,
    )


@pytest.mark.parametrize("event_type", EVENT_TYPES.values())
def test_a_class_that_changed_has_another_version(event_type: type[Event]) -> None:
    state, reads_as = read(file_of(event_type, event_type.CLASS_VERSION))

    assert msgspec.json.decode(state) == reads_as
    assert set(reads_as) == set(event_type.__struct_fields__) - GIVEN, "raise CLASS_VERSION and LEVEL, add an upcast"


def test_no_state_is_of_a_class_that_is_gone() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {file_of(*written).name for written in WRITTEN}
