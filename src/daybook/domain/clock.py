"""Times that Zenoti tells without a zone: UTC, wall clock at the center, or nobody knows which, never mixed up."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NewType, TypeAlias

import msgspec
from msgspec import UnsetType

from daybook.domain.instants import format_instant, parse_instant
from daybook.errors import InvalidInstantError

UtcTime = NewType("UtcTime", str)
"""Told in UTC, mostly without saying so (zenoti.md: `start_time` of an appointment)."""
CenterTime = NewType("CenterTime", str)
"""Wall clock at the center (`start_time_in_center`); no instant without the center's offset."""
UnprovenTime = NewType("UnprovenTime", str)
"""One of the two, and no body ever told both, so that nothing is derived from it (`Class.Schedule.*`)."""

ToldUtc: TypeAlias = UtcTime | None | UnsetType
ToldCenter: TypeAlias = CenterTime | None | UnsetType
ToldUnproven: TypeAlias = UnprovenTime | None | UnsetType

MINUTE_NS: Final = 60_000_000_000
_STEP_MINUTES: Final = 15
WEST_MINUTES, EAST_MINUTES = -12 * 60, 14 * 60
"""The offsets that the clocks of the world have."""
_WALL_CLOCK: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?", re.ASCII)


class Offset(msgspec.Struct, frozen=True, order=True):
    """What a center's wall clock is ahead of UTC, as one body told it by telling one moment in both."""

    at_ns: int
    """The moment, which need not be when it was told."""
    minutes: int


def offset(utc: ToldUtc, center: ToldCenter) -> Offset | None:
    """The center's offset at a moment that is told in both; None where one is missing, unreadable or impossible."""
    return _offset(utc, center) if isinstance(utc, str) and isinstance(center, str) else None


# Every event of an appointment tells the same times again.
@lru_cache(maxsize=4096)
def _offset(utc: UtcTime, center: CenterTime) -> Offset | None:
    if not _WALL_CLOCK.fullmatch(center.strip()):
        return None
    try:
        at_ns = parse_instant(utc)
        # Read as if it were UTC, only for the difference between the two.
        ahead_ns = parse_instant(center) - at_ns
    except InvalidInstantError:
        return None
    minutes, rest_ns = divmod(ahead_ns, MINUTE_NS)
    possible = WEST_MINUTES <= minutes <= EAST_MINUTES and minutes % _STEP_MINUTES == 0
    return Offset(at_ns, minutes) if possible and rest_ns == 0 else None


def is_same_time(one: ToldUtc | ToldCenter, other: ToldUtc | ToldCenter) -> bool:
    """Whether two times by one clock are the same, in whatever spelling; what cannot be read is only itself."""
    if one == other or not isinstance(one, str) or not isinstance(other, str):
        return one == other
    try:
        return parse_instant(one) == parse_instant(other)
    except InvalidInstantError:
        return False


def offset_minutes_at(at_ns: int, offsets: Iterable[Offset]) -> int | None:
    """A center's offset at an instant, from what was told of other moments there: the nearest one tells.

    Of two equally near the earlier, of two at one moment the smaller, so that it depends on nothing but the set.
    """
    nearest = min(offsets, key=lambda told: (abs(told.at_ns - at_ns), told), default=None)
    return None if nearest is None else nearest.minutes


def date_in_center(told: ToldCenter) -> str | None:
    """The calendar day of a wall clock at the center, e.g. `2024-07-25`; None where it is none that can be read."""
    return _date(told) if isinstance(told, str) else None


@lru_cache(maxsize=4096)
def _date(told: CenterTime) -> str | None:
    text = told.strip()
    if not _WALL_CLOCK.fullmatch(text):
        return None
    try:
        # Read as if it were UTC, only to know that there is such a day.
        return format_instant(parse_instant(text))[: len("2024-07-25")]
    except InvalidInstantError:
        return None


def in_center(at_ns: int, offset_minutes: int) -> CenterTime:
    """An instant as the wall clock at the center shows it, e.g. `2024-07-25T09:15:00`."""
    return CenterTime(format_instant(at_ns + offset_minutes * MINUTE_NS).removesuffix("Z"))
