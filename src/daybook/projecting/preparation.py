"""Making a store ready for this process at its first use, and again when somebody has dropped what was there."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Final

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from daybook.errors import StoreUnavailableError
from daybook.projecting.creation import Fingerprints, create_absent
from daybook.projecting.cursor import Cursor, Identity, identity_of
from daybook.projecting.engine import ReadEngine
from daybook.projecting.failure import Policy, policy_of
from daybook.projecting.projection import Projection

_S_MAX: Final = 5.0
"""How long a reader or a follower waits for the tables, which another process may be creating."""
_PAUSE_S: Final = 0.1


class Preparation:
    """Done once, by whichever thread comes first."""

    def __init__(self, engine: ReadEngine, projections: Mapping[str, Projection], fingerprints: Fingerprints) -> None:
        self._engine = engine
        self._projections = projections
        self._fingerprints = fingerprints
        self._at_work = threading.Lock()
        self._is_done = False
        self._lost: set[Identity] = set()

    def repeat(self) -> None:
        """Before the next use: something was missed."""
        self._is_done = False

    def is_lost(self, cursor: Cursor) -> bool:
        """Whether the tables of this build were gone when it was done last."""
        return identity_of(cursor) in self._lost

    def ensure(self) -> None:
        """Create what is absent. Waits a little for a lock: several processes may start on an empty store at once."""
        if self._is_done:
            return
        deadline = time.monotonic() + _S_MAX
        if not self._at_work.acquire(timeout=_S_MAX):
            raise StoreUnavailableError("the read models are still being created")
        try:
            while not self._is_done:
                try:
                    with self._engine.creating() as connection:
                        self._lost = create_absent(self._engine, connection, self._projections, self._fingerprints)
                    self._is_done = True
                except (SQLAlchemyError, psycopg.Error) as error:
                    if policy_of(error) is Policy.STOP or time.monotonic() > deadline:
                        raise
                    time.sleep(_PAUSE_S)
        finally:
            self._at_work.release()
