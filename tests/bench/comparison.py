"""What a contender's figure is set beside, and what the project means to reach: told with the spread of the rounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import msgspec

from tests.bench.measured import Measured


def per_s(measured: Measured) -> float:
    """How many a second."""
    return measured.per_s


def p99_ms(measured: Measured) -> float:
    """The answer that 99 of 100 are not slower than."""
    return measured.latency.p99_ms if measured.latency else 0.0


class Ratio(msgspec.Struct, frozen=True):
    """Of two contenders, round by round."""

    what: str
    median: float
    lowest: float
    highest: float
    to_reach: str | None
    is_reached: bool | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One contender's value over another's."""

    above: str
    below: str
    at_least: float | None = None
    at_most: float | None = None
    value: Callable[[Measured], float] = per_s
    what: str = ""
    """What the ratio is of, where it is not the column's own."""

    def ratio(self, measured: Mapping[str, Sequence[Measured]]) -> Ratio | None:
        """Of each round by itself: what slowed the machine down in a round slowed both. None where one is missing."""
        if not (measured.get(self.above) and measured.get(self.below)):
            return None
        pairs = zip(measured[self.above], measured[self.below], strict=True)
        ratios = [self.value(above) / max(1e-9, self.value(below)) for above, below in pairs]
        return Ratio(self.what, median(ratios), min(ratios), max(ratios), self._to_reach(), self._is_reached(ratios))

    def _to_reach(self) -> str | None:
        if self.at_least is not None:
            return f"{self.at_least:g}"
        return None if self.at_most is None else f"at most {self.at_most:g}"

    def _is_reached(self, ratios: Sequence[float]) -> bool | None:
        if self.at_least is not None:
            return median(ratios) >= self.at_least
        return None if self.at_most is None else median(ratios) <= self.at_most
