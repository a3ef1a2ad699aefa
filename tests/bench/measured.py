"""One measurement, and what a round has to measure with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from tests.bench.engine import Engine
from tests.bench.job import Latency


class Measured(msgspec.Struct, frozen=True):
    """What one contender did in one round."""

    per_s: float
    latency: Latency | None = None
    cpu_us_each: float | None = None
    """CPU time of the server's process for one request, of all its threads."""
    engine_cpu_us_each: float | None = None
    """The same of the database's processes; 0 where it has none of its own."""
    generator_cores: float | None = None
    reads: dict[str, Latency] = {}
    note: str = ""
    memory_mb_max: float | None = None
    """Resident, where it is asked for."""


@dataclass(frozen=True, slots=True)
class Stand:
    """What all contenders of an engine share."""

    engine: Engine
    folder: Path
    """Of this round; empty at its start, gone at its end."""
    requests: Path
    registrations: list[str]
    """Those that the first `seeded` requests are about: they can be read once these are in."""
    seeded: int
    store: str
    """The URL of a store with the webhooks that a daybook took, to be read from."""
    seconds: float

    @property
    def warm_up_s(self) -> float:
        """Before each measurement: pools fill, statements are prepared, pages are in memory."""
        return self.seconds / 4
