"""What the doctor finds: one thing, how bad it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

_UNITS: Final = (("day", 86_400), ("hour", 3600), ("minute", 60))
_SECOND_NS: Final = 1_000_000_000
_KIBI: Final = 1024


class Level(IntEnum):
    """How bad it is."""

    FINE = 0
    NOTE = 1
    """Worth knowing; nothing is wrong."""
    WARNING = 2
    """It may become worse."""
    ALARM = 3
    """A person is needed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. No personal data and no secret stands in it."""

    level: Level
    about: str
    words: str
    remedy: str | None = None
    """What to do."""


def ago(instant_ns: int, now_ns: int) -> str:
    """How long ago, in the largest unit that fits twice: `5 minutes ago`, `3 days ago`."""
    passed_s = (now_ns - instant_ns) // _SECOND_NS
    for name, unit_s in _UNITS:
        if passed_s >= 2 * unit_s:
            return f"{passed_s // unit_s} {name}s ago"
    return f"{passed_s} seconds ago" if passed_s > 1 else "just now"


def size(count_bytes: float) -> str:
    """So many bytes, for people: `512 KiB`, `3.4 GiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count_bytes < _KIBI:
            return f"{count_bytes:.0f} {unit}" if unit in {"B", "KiB"} else f"{count_bytes:.1f} {unit}"
        count_bytes /= _KIBI
    return f"{count_bytes:.1f} TiB"
