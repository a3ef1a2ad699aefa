"""Something that happened at a center, before any webhook tells of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daybook.simulation.booking import Booking


@dataclass(frozen=True, slots=True)
class Fact:
    """What stories are made of: when it happened, what, and what Zenoti tells of it."""

    occurred_at_ns: int
    event_type: str
    data: dict[str, Any]
    stories: tuple[int | str, ...] = ()
    """The class sessions (numbers) and visits (texts) whose story it is part of."""


@dataclass(frozen=True, slots=True)
class Books:
    """What the organization keeps from one day to the next."""

    registrations: Iterator[int] = field(default_factory=lambda: count(119_001))
    recurrences: Iterator[int] = field(default_factory=lambda: count(23_001))
    invoices: Iterator[int] = field(default_factory=lambda: count(13_001))
    receipts: Iterator[int] = field(default_factory=lambda: count(7_001))
    ahead: dict[int, list[Booking]] = field(default_factory=dict)
    """Sessions of later days that are on the schedule already, by id, and who has a place in them; at most a year."""
