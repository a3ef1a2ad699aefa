"""The log of a run: registrations of generated days, five events each, straight into a journal's table of events.

Generated and not sent, since filling a journal through the intake would take longer than all that is measured. Every
event has the keys that Zenoti's bodies have, with nulls where they have them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final
from uuid import UUID

from daybook.domain.events import Event
from daybook.domain.identity import Kind, stream_id
from daybook.domain.registration import Approved, Cancelled, Created, NoShow, RegistrationEvent, Rejected
from daybook.journal import open_journal
from daybook.journal.mapper import encode_event
from daybook.journal.rows import EventRow

EVENTS_EACH: Final = 5
"""Of one registration."""
APART: Final = 2_000
"""So many other registrations are booked between two events of one."""
_BATCH_EVENTS: Final = 5_000
_SOURCE: Final = "main"
_BEGAN_AT_NS: Final = 1_741_928_400_000_000_000
_BETWEEN_NS: Final = 700_000_000
_ENDS: Final[tuple[type[RegistrationEvent], ...]] = (NoShow, Cancelled, Approved)


def events(count: int) -> Iterator[Event]:
    """So many events about a fifth as many registrations, in the order in which they are recorded."""
    registrations = max(1, count // EVENTS_EACH)
    told = (
        (step, number)
        for wave in range(registrations + EVENTS_EACH * APART)
        for step in range(EVENTS_EACH)
        if 0 <= (number := wave - step * APART) < registrations
    )
    for order, (step, number) in enumerate(islice(told, count)):
        yield _event(number, step, _BEGAN_AT_NS + order * _BETWEEN_NS)


def fill(url: str, count: int, say: Callable[[int], None] | None = None) -> None:
    """Append them to an empty journal, which it creates, by its own bulk write."""
    journal = open_journal(url)
    made = enumerate(events(count), start=1)
    try:
        while batch := list(islice(made, _BATCH_EVENTS)):
            with journal.transaction() as tx:
                tx.append([_row(position, event) for position, event in batch])
            if say is not None:
                say(batch[-1][0])
    finally:
        journal.close()


def _row(position: int, event: Event) -> EventRow:
    at_ns = event.occurred_at_ns + _BETWEEN_NS // 2
    return EventRow(
        position=position,
        originator_id=event.originator_id.bytes,
        originator_version=event.originator_version,
        topic=event.TOPIC,
        state=encode_event(event),
        delivery_id=event.delivery_id.bytes,
        recorded_at_ns=at_ns,
    )


def _event(number: int, step: int, at_ns: int) -> Event:
    """Booked, approved, rejected and approved again, then one of three ends; later ones tell no more than they do."""
    kinds: tuple[type[RegistrationEvent], ...] = (Created, Approved, Rejected, Approved, _ENDS[number % len(_ENDS)])
    subject_id = str(120_000 + number)
    digest = hashlib.blake2b(f"{number}/{step}".encode(), digest_size=28).digest()
    is_first = step == 0
    return kinds[step](
        source=_SOURCE,
        subject_id=subject_id,
        delivery_id=UUID(bytes=digest[:16]),
        zenoti_type=f"Class.Booking.{kinds[step].__name__}",
        event_id=digest[16:].hex(),
        occurred_at_ns=at_ns,
        time_basis="event",
        origin="webhook",
        signature="verified",
        translation=1,
        workshop_id=str(11_000 + number % 40),
        track_id="-1",
        class_id=str(11_000 + number % 40),
        session_id=str(82_579_000 + number % 900),
        guest_id=str(_uuid("guest", number % 5_000)),
        center_id=str(_uuid("center", number % 20)),
        waitlist=False if is_first else None,
        booking_source=1 if is_first else None,
        add_to_all=0 if is_first else None,
        group_invoice_id=None,
        is_recurring=False,
        recurrence_id=None,
        originator_id=stream_id(_SOURCE, Kind.REGISTRATION, subject_id),
        originator_version=step + 1,
    )


def _uuid(what: str, number: int) -> UUID:
    return stream_id(_SOURCE, Kind.REGISTRATION, f"{what}-{number}")
