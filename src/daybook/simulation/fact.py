"""Something that happened at a center, before any webhook tells of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Fact:
    """What stories are made of: when it happened, what, and what Zenoti tells of it."""

    occurred_at_ns: int
    event_type: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Numbers:
    """The running numbers that Zenoti gives out, each unique in the whole organization."""

    registrations: Iterator[int] = field(default_factory=lambda: count(119_001))
    recurrences: Iterator[int] = field(default_factory=lambda: count(23_001))
    invoices: Iterator[int] = field(default_factory=lambda: count(13_001))
