"""Instants: integer nanoseconds since 1970 UTC inside, RFC 3339 text outside, never a float between them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from daybook.errors import InvalidInstantError

_SECOND_NS: Final = 1_000_000_000
_YEAR_MIN: Final = 1678
_YEAR_MAX: Final = 2261
"""What 64-bit nanoseconds can hold in whole years."""
_FRACTION_DIGITS: Final = 9
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))?",
    re.ASCII,
)


def parse_instant(text: object) -> int:
    """Nanoseconds since 1970 UTC of an RFC 3339 date and time.

    A time without a zone is UTC (Zenoti's habit); digits of the fraction past nine are cut, so that an instant is
    never rounded into the future. Raises `InvalidInstantError`; the message never repeats the value.
    """
    match = _INSTANT.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise InvalidInstantError("a time is not an RFC 3339 date and time in text")
    date, clock, fraction, sign, hours, minutes = match.groups()
    try:
        moment = datetime.fromisoformat(f"{date}T{clock}+00:00")
        offset = _offset(sign, hours, minutes)
        moment -= offset
    except (ValueError, OverflowError):
        raise InvalidInstantError("a time names a date, an hour or an offset that does not exist") from None
    if not _YEAR_MIN <= moment.year <= _YEAR_MAX:
        raise InvalidInstantError(f"a time is outside the years {_YEAR_MIN} to {_YEAR_MAX}")
    whole_s = (moment - _EPOCH) // timedelta(seconds=1)
    return whole_s * _SECOND_NS + int((fraction or "0")[:_FRACTION_DIGITS].ljust(_FRACTION_DIGITS, "0"))


def format_instant(instant_ns: int) -> str:
    """RFC 3339 in UTC, e.g. `2022-03-22T12:39:20.6984376Z`: the fraction without trailing zeros."""
    whole_s, fraction_ns = divmod(instant_ns, _SECOND_NS)
    text = (_EPOCH + timedelta(seconds=whole_s)).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{fraction_ns:09d}".rstrip("0").rstrip(".") + "Z" if fraction_ns else f"{text}Z"


def _offset(sign: str | None, hours: str | None, minutes: str | None) -> timedelta:
    if sign is None or hours is None or minutes is None:
        return timedelta(0)
    if int(hours) > 23 or int(minutes) > 59:  # noqa: PLR2004  the hours and minutes of RFC 3339
        raise ValueError("offset")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return -offset if sign == "-" else offset
