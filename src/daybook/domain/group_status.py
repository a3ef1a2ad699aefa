"""What became of an appointment group: Zenoti's codes by name, unknown ones as the numbers that they are."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

StatusName: TypeAlias = Literal[
    "void",
    "no_show",
    "cancelled",
    "new",
    "closed",
    "checked_in",
    "confirmed",
    "deleted",
    "refunded",
    "break",
    "not_specified",
    "available",
    "voided",
]
Status: TypeAlias = StatusName | int
"""A name, or the code itself where nothing is known of it."""

STATUS_NAMES: Final[Mapping[int, StatusName]] = MappingProxyType(
    {
        -3: "void",
        -2: "no_show",
        -1: "cancelled",
        0: "new",
        1: "closed",
        2: "checked_in",
        4: "confirmed",
        7: "deleted",
        8: "refunded",
        10: "break",
        11: "not_specified",
        20: "available",
        21: "voided",
    }
)
"""By the code of `AppointmentGroup.Status` (zenoti.md)."""

NO_VISIT: Final[frozenset[StatusName]] = frozenset({"deleted", "void", "voided", "break", "available", "not_specified"})
"""Of which nobody was expected: such a group is in the book, and no visit that could be cancelled or missed."""


def status_of(code: int) -> Status:
    """The status that a code stands for."""
    return STATUS_NAMES.get(code, code)
