"""`replay`: bodies in any order of arrival, translated, recorded, and folded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec
import pytest

from daybook.domain.events import Event
from daybook.domain.fold import fold
from daybook.domain.identity import Kind, stream_id
from daybook.zenoti.translate import Told, translate
from tests.bodies import GROUP, sent


class Replay:
    """The streams that some bodies make, as the journal would record them in the order in which they are told."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._seen: set[bytes] = set()

    def tell(self, body: Any, url_type: str | None = None) -> None:  # noqa: ANN401  any body
        """One more arrival; what has arrived before makes no event."""
        arrival = len(self.events) + len(self._seen) + 1
        told = Told(
            source="main",
            url_type=url_type,
            body=sent(body),
            arrived_at_ns=1_900_000_000_000_000_000 + arrival,
            delivery_id=UUID(int=arrival),
            origin="webhook",
            signature="verified",
        )
        translation = translate(told)
        assert translation.outcome == "recorded", translation.detail
        assert translation.dedupe_key is not None
        if translation.dedupe_key in self._seen:
            return
        self._seen.add(translation.dedupe_key)
        for event in translation.events:
            version = 1 + sum(event.originator_id == other.originator_id for other in self.events)
            place = {"originator_version": version, "position": len(self.events) + 1, "recorded_at_ns": arrival}
            self.events.append(msgspec.structs.replace(event, **place))

    def stream(self, kind: Kind, subject_id: str) -> list[Event]:
        return [event for event in self.events if event.originator_id == stream_id("main", kind, subject_id)]

    def registration(self, registration_id: str) -> Any:  # noqa: ANN401  a Registration
        return fold(self.stream(Kind.REGISTRATION, registration_id))

    def appointment(self, appointment_id: str) -> Any:  # noqa: ANN401  an Appointment
        return fold(self.stream(Kind.APPOINTMENT, appointment_id))

    def group(self, group_id: str = GROUP) -> Any:  # noqa: ANN401  an AppointmentGroup
        return fold(self.stream(Kind.APPOINTMENT_GROUP, group_id))

    def session(self, session_id: str) -> Any:  # noqa: ANN401  a ClassSession
        return fold(self.stream(Kind.CLASS_SESSION, session_id))


@pytest.fixture
def replay() -> Callable[[Sequence[Any]], Replay]:
    """Tells the bodies in the order given."""

    def tell_all(bodies: Sequence[Any]) -> Replay:
        told = Replay()
        for body in bodies:
            told.tell(body)
        return told

    return tell_all
