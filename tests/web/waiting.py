"""Waiting, bounded, for what another thread has to do."""

from __future__ import annotations

import time
from collections.abc import Callable

WAIT_S_MAX = 20.0


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S_MAX
    while not condition():
        assert time.monotonic() < deadline, f"waited {WAIT_S_MAX} s in vain"
        time.sleep(0.02)
