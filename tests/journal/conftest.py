from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest

from daybook.domain.identity import Kind, stream_id
from daybook.domain.registration import Created
from daybook.journal import Journal
from tests.engines import Engine

Booked = Callable[..., Created]


@pytest.fixture
def journal(engine: Engine) -> Iterator[Journal]:
    journal = engine.open()
    yield journal
    journal.close()


@pytest.fixture
def booked() -> Booked:
    def created(
        registration_id: str = "1", version: int = 1, *, occurred_at_ns: int = 1, guest_id: str = "g"
    ) -> Created:
        return Created(
            originator_id=registration(registration_id),
            originator_version=version,
            source="main",
            subject_id=registration_id,
            delivery_id=uuid4(),
            zenoti_type="Class.Booking.Created",
            event_id=f"{registration_id}/{version}",
            occurred_at_ns=occurred_at_ns,
            time_basis="event",
            origin="webhook",
            signature="verified",
            translation=1,
            guest_id=guest_id,
        )

    return created


def registration(registration_id: str) -> UUID:
    return stream_id("main", Kind.REGISTRATION, registration_id)
