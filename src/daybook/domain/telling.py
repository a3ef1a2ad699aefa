"""What a told value means: absent and null tell nothing, an empty text or an id of none tells "none"."""

from __future__ import annotations

from typing import TypeVar

from msgspec import UNSET, UnsetType

from daybook.domain.identity import means_none

T = TypeVar("T")


def told_id(value: str | None | UnsetType) -> str | None | UnsetType:
    """An id as the fold takes it: `UNSET` not told, `None` told to be none."""
    if value is None or value is UNSET:
        return UNSET
    return None if means_none(value) else value


def told_value(value: T | None | UnsetType) -> T | None | UnsetType:
    """Any other value as the fold takes it; only an empty text tells none."""
    if value is None:
        return UNSET
    return None if value == "" else value


def told_count(value: int | None | UnsetType) -> int | None | UnsetType:
    """A count or a limit as the fold takes it; -1 stands for none (Zenoti's habit with numbers that are not set)."""
    if value is None:
        return UNSET
    return None if value == -1 else value
