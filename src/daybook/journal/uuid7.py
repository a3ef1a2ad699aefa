"""Ids that sort by time: RFC 9562's version 7, with the fraction of the millisecond in its first random bits."""

from __future__ import annotations

import random
from typing import Final
from uuid import UUID

_MS_MAX: Final = (1 << 48) - 1
_RANDOM_BITS: Final = 62


def uuid7(instant_ns: int) -> UUID:
    """An id made at this instant; an instant before 1970 counts as 1970."""
    whole_ms, rest_ns = divmod(max(instant_ns, 0), 1_000_000)
    fraction = (rest_ns << 12) // 1_000_000
    # Not os.urandom: that frees Python's global lock, and beside a busy writer each time means a turn lost. An id is no
    # secret, and Python seeds this generator anew in every process, forked ones too.
    rest = random.getrandbits(_RANDOM_BITS)
    return UUID(int=min(whole_ms, _MS_MAX) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | rest)


def first_uuid7(instant_ns: int) -> UUID:
    """The lowest id that can have been made at this instant or, where two fall into one fraction, just before."""
    return UUID(int=uuid7(instant_ns).int >> 64 << 64 | 0b10 << 62)
