"""Chance that anyone can repeat: a seeded source of decisions, equal on every machine and Python."""

from __future__ import annotations

from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

_T = TypeVar("_T")
_BITS_32: Final = 1 << 32
_BITS_48: Final = 1 << 48


class Chance:
    """A stream of decisions of its own for each name, so that one part of the world does not shift another.

    Only `Random.random` is used: of the whole module, Python promises the same sequence for it alone.
    """

    __slots__ = ("_random",)

    def __init__(self, *name: object) -> None:
        digest = sha256("/".join(str(part) for part in name).encode()).digest()
        self._random = Random(int.from_bytes(digest[:16], "big")).random

    def happens(self, share: float) -> bool:
        """Whether something happens that does so in this share (0..1) of all cases."""
        return self._random() < share

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self._random() * (high - low + 1))

    def pick(self, choices: Sequence[_T]) -> _T:
        """One of these, each as likely as the others."""
        return choices[int(self._random() * len(choices))]

    def guid(self) -> str:
        """A random (version 4) GUID in lower case."""
        random = self._random
        middle = int(random() * _BITS_48)
        return (
            f"{int(random() * _BITS_32):08x}-{middle >> 32:04x}-4{middle & 0xFFF:03x}"
            f"-{0x8000 | (middle >> 12) & 0x3FFF:04x}-{int(random() * _BITS_48):012x}"
        )
