"""How fast the projections move: what the store does not keep, from what was seen of it a little earlier."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from typing import Final

SPAN_S_MAX: Final = 60.0
"""A pace is of the last minute, or since somebody looked where that is longer ago."""
SPAN_S_MIN: Final = 0.5
"""A shorter time tells of single batches."""
_LOOKS_MAX: Final = 128
_KEYS_MAX: Final = 1_024


class Pace:
    """Remembers what it was told of each key, for at most `SPAN_S_MAX`. May be used from any thread."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._looks: dict[Hashable, deque[tuple[float, int]]] = {}

    def of(self, key: Hashable, done: int) -> float | None:
        """Events a second, now that `done` of them are done; None where nobody looked before."""
        with self._lock:
            now_s = self._clock_s()
            looks = self._looks.setdefault(key, deque(maxlen=_LOOKS_MAX))
            if len(self._looks) > _KEYS_MAX:  # builds come and go
                del self._looks[next(iter(self._looks))]
            while len(looks) > 1 and now_s - looks[1][0] > SPAN_S_MAX:
                looks.popleft()
            if not looks or now_s - looks[-1][0] >= SPAN_S_MIN:
                looks.append((now_s, done))
            began_s, begun = looks[0]
        return (done - begun) / (now_s - began_s) if now_s - began_s >= SPAN_S_MIN else None
