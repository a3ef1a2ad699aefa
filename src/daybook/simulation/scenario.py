"""What is to be simulated: how large a chain, from which day, how many webhooks, and how disorderly they arrive."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Final

CENTERS_MAX: Final = 256
"""A day of every center is held in memory at once."""
MISSED_MAX: Final = 1000
_YEAR_MIN: Final = 1971
_YEAR_MAX: Final = 2200


@dataclass(frozen=True, slots=True)
class Disorder:
    """What goes wrong on the way, each as the share (0..1) of webhooks it befalls. The default is nothing at all."""

    late: float = 0.0
    """Arrives a quarter of an hour to six hours after it happened."""
    shuffled: float = 0.0
    """Arrives up to ten minutes after it happened, so that its neighbours overtake it."""
    repeated: float = 0.0
    """Arrives twice: the same bytes again, or the same event told by a second webhook."""
    malformed: float = 0.0
    """Cannot be understood: no JSON, cut off, or of wrong types. The event is told in no other way."""
    bare: float = 0.0
    """Comes without an envelope, its type in the URL; of those types only that Zenoti documents so."""

    def __post_init__(self) -> None:
        for field in fields(self):
            share = getattr(self, field.name)
            if not 0 <= share <= 1:
                raise ValueError(f"the share of {field.name} webhooks is {share}; it must be from 0 to 1")


@dataclass(frozen=True, slots=True)
class Scenario:
    """A seeded world. What happens in it depends on the seed, the number of centers and the day alone."""

    seed: int = 1
    webhooks: int | None = None
    """Exactly so many: the first ones of as many days as it takes. None is all that one day gives."""
    centers: int = 5
    day: date = date(2025, 3, 14)
    """The first day, by each center's own clock."""
    disorder: Disorder = Disorder()
    miss: int = 0
    """So many of what happens are told by no webhook: the stream is the same one without theirs."""

    def __post_init__(self) -> None:
        if self.webhooks is not None and self.webhooks < 0:
            raise ValueError(f"the number of webhooks is {self.webhooks}; it must not be negative")
        if not 1 <= self.centers <= CENTERS_MAX:
            raise ValueError(f"the number of centers is {self.centers}; it must be from 1 to {CENTERS_MAX}")
        most = MISSED_MAX if self.webhooks is None else min(MISSED_MAX, self.webhooks)
        if not 0 <= self.miss <= most:
            raise ValueError(f"the number of missed events is {self.miss}; it must be from 0 to {most}")
        if not _YEAR_MIN <= self.day.year <= _YEAR_MAX:
            raise ValueError(f"the day is in the year {self.day.year}; it must be from {_YEAR_MIN} to {_YEAR_MAX}")
