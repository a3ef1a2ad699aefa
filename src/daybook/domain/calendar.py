"""A calendar day at a center, as instants: 23 to 25 hours, which the center's offsets tell."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from daybook.domain.clock import EAST_MINUTES, MINUTE_NS, WEST_MINUTES, Offset
from daybook.domain.instants import format_instant, parse_instant
from daybook.errors import InvalidInstantError

_DAY_NS: Final = 24 * 60 * MINUTE_NS
_BEGINNING_NS, _END_NS = -(2**63), 2**63


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Instants from the first one on up to, but without, the second one."""

    from_ns: int
    to_ns: int
    offset_minutes: int | None = None
    """What the center's clock is ahead of UTC all the while; None where nobody knows and UTC is taken."""


def utc_day(date: str) -> Span:
    """The day `2024-07-25` in UTC. Raises `InvalidInstantError` for what is no date, or none that instants have."""
    try:
        from_ns = parse_instant(f"{date}T00:00:00")
    except InvalidInstantError:
        raise InvalidInstantError("there is no such day; dates are spelled like 2024-07-25") from None
    if not format_instant(from_ns).startswith(date):
        raise InvalidInstantError("there is no such day; dates are spelled like 2024-07-25")
    return Span(from_ns, from_ns + _DAY_NS)


def around(date: str) -> Span:
    """All instants that are this day anywhere in the world."""
    day = utc_day(date)
    return Span(day.from_ns - EAST_MINUTES * MINUTE_NS, day.to_ns - WEST_MINUTES * MINUTE_NS)


def day_in_center(date: str, offsets: Iterable[Offset]) -> tuple[Span, ...]:
    """The instants at which the center's calendar shows this day: by `offset_minutes_at`, one instant at a time.

    Mostly one span; two where the offset changes within the day. Without any offset it is the day in UTC.
    """
    day = utc_day(date)
    spans = []
    for piece in _pieces(offsets):
        ahead_ns = (piece.offset_minutes or 0) * MINUTE_NS
        from_ns, to_ns = max(piece.from_ns, day.from_ns - ahead_ns), min(piece.to_ns, day.to_ns - ahead_ns)
        if from_ns < to_ns:
            spans.append(Span(from_ns, to_ns, piece.offset_minutes))
    return tuple(spans)


def _pieces(offsets: Iterable[Offset]) -> Iterator[Span]:
    """All time, cut where the nearest told offset becomes another one."""
    told: dict[int, int] = {}
    for offset in sorted(offsets):
        told.setdefault(offset.at_ns, offset.minutes)
    # Of two equally near moments the earlier tells, so the later one begins just after the middle between them.
    cuts = [
        ((before + after) // 2 + 1, told[after])
        for before, after in itertools.pairwise(told)
        if told[before] != told[after]
    ]
    from_ns, minutes = _BEGINNING_NS, next(iter(told.values()), None)
    for cut_ns, after_minutes in cuts:
        yield Span(from_ns, cut_ns, minutes)
        from_ns, minutes = cut_ns, after_minutes
    yield Span(from_ns, _END_NS, minutes)
