"""Keeping Python's collector of cycles from looking through thousands of events again and again.

A profile showed it as half the cost of reading and decoding events, which hold no cycles.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_OBJECTS_BETWEEN: Final = 200_000
"""More than a batch makes: what it leaves is gone, by counting references, before the collector looks."""


@contextmanager
def few_collections() -> Iterator[None]:
    """For a process that has nothing else to do; cycles are still collected, seldom."""
    young, *older = gc.get_threshold()
    gc.set_threshold(max(young, _OBJECTS_BETWEEN), *older)
    try:
        yield
    finally:
        gc.set_threshold(young, *older)
