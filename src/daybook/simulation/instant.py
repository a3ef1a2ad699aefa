"""Times as Zenoti writes them, from integer nanoseconds since 1970 UTC; no clock is read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from daybook.simulation.chance import Chance

SECOND_NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * SECOND_NS
HOUR_NS: Final = 60 * MINUTE_NS
TICK_NS: Final = 100
"""What Zenoti's timestamps count in: seven digits of a second."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NS_DIGITS: Final = 9
_SECONDS_CACHED_MAX: Final = 4096


def utc_text(instant_ns: int) -> str:
    """RFC 3339 in UTC, e.g. `2022-03-22T12:39:20.6984376Z`; like Zenoti's, its fraction has no trailing zeros."""
    second, fraction_ns = divmod(instant_ns, SECOND_NS)
    whole = _second_text(second)
    return f"{whole}.{fraction_ns:09d}".rstrip("0") + "Z" if fraction_ns else f"{whole}Z"


def zoneless_text(instant_ns: int) -> str:
    """Date and time to the second without a zone, e.g. `2022-03-22T12:39:20`, as appointments tell their times."""
    return _second_text(instant_ns // SECOND_NS)


def parse_utc(text: str) -> int:
    """Nanoseconds since 1970 UTC of what `utc_text` wrote; raises `ValueError` for anything else."""
    if not text.endswith("Z"):
        raise ValueError("a time of a stream is RFC 3339 in UTC and ends in Z")
    whole, _, fraction = text[:-1].partition(".")
    if len(fraction) > _NS_DIGITS or (fraction and not (fraction.isascii() and fraction.isdigit())):
        raise ValueError("a time of a stream has at most nine digits of a second")
    second = (datetime.fromisoformat(f"{whole}+00:00") - _EPOCH) // timedelta(seconds=1)
    return second * SECOND_NS + int(fraction.ljust(_NS_DIGITS, "0"))


def moment(after_ns: int, until_ns: int, chance: Chance) -> int:
    """An instant later than the first and not later than the second, in Zenoti's ticks of 100 ns."""
    return after_ns + chance.between(1, (until_ns - after_ns) // TICK_NS) * TICK_NS


def midnight_ns(day: date) -> int:
    """The first instant of a day in UTC."""
    return (day.toordinal() - _EPOCH.toordinal()) * 24 * HOUR_NS


@lru_cache(maxsize=_SECONDS_CACHED_MAX)
def _second_text(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).isoformat()[:19]
