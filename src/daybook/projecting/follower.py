"""Keeping all projections up to the journal: one thread per process, woken when the intake has committed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from daybook.errors import DaybookError, PoolingError, StoreUnavailableError
from daybook.journal import Journal
from daybook.projecting.building import Building
from daybook.projecting.cursor import Cursor, Key
from daybook.projecting.failure import Policy, policy_of
from daybook.projecting.lease import Lease, new_holder
from daybook.projecting.posting import Posting
from daybook.projecting.projection import BrokenProjection, Projection, versions_of
from daybook.projecting.read_store import ReadStore
from daybook.projecting.reader import Reader
from daybook.projecting.reason import reason_of

BATCH_EVENTS_MAX: Final = 2_000
POLL_S: Final = 0.5
"""How soon the events of another process are seen where nobody tells of them."""
_LISTEN_AGAIN_S: Final = 1.0
_SHARE_OF_INTAKE: Final = 3
"""While the intake of this process is at work, a round is followed by a pause of so many times its length."""
_PAUSE_S_MIN: Final = 0.05
_PAUSE_S_MAX: Final = 1.0
_TROUBLE_S_MIN: Final = 0.1
_TROUBLE_S_MAX: Final = 2.0
_STOP_S_MAX: Final = 10.0
"""More than the longest wait for the lock of the read store."""

log = structlog.get_logger(__name__)


class Follower:
    """Keeps every build of the versions that this process has code for, where it holds the lease.

    Nothing runs before `start()`.
    """

    def __init__(
        self,
        journal: Journal,
        read_store: ReadStore,
        projections: Mapping[str, Projection],
        *,
        batch_events_max: int = BATCH_EVENTS_MAX,
        ticks_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._journal = journal
        self._store = read_store
        self._reader = Reader(journal, batch_events_max)
        self.holder = new_holder()
        self._ticks_ns = ticks_ns
        self._versions = {
            (name, version): one
            for name, projection in projections.items()
            for version, one in versions_of(projection).items()
        }
        self._postings: dict[tuple[Key, int | None], Posting] = {}
        self._buildings: dict[tuple[Key, int | None], Building] = {}
        self._broken = [projection for projection in projections.values() if isinstance(projection, BrokenProjection)]
        self._woken = threading.Event()
        self._is_intake_at_work = False
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._trouble_s = 0.0

    def run_once(self) -> bool:
        """Post at most one batch to each build, or fill it by one; True if any moved, so that there may be more.

        Raises what can pass by itself, such as a locked read store.
        """
        cursors, now_ns = self._store.cursors()
        head = self._journal.head()
        moved = False
        trouble: Exception | None = None
        for cursor in cursors:
            try:
                moved = self._advance(cursor, head, now_ns) or moved
            except Exception as error:
                if policy_of(error) is Policy.RETRY:
                    raise  # a store is all projections' trouble: each would wait for it as long again
                trouble = error
        self._forget_all_but({(cursor.key, cursor.begun_at_ns) for cursor in cursors})
        if trouble is not None:
            raise trouble
        return moved

    def check(self) -> None:
        """Raises `PoolingError` where this process cannot follow, which its thread otherwise only logs.

        Raises `StoreUnavailableError` where that cannot be known now.
        """
        self._store.check_sessions()

    def start(self) -> None:
        """Follow in a thread of its own until `stop()`."""
        for projection in self._broken:
            log.error("projection stopped", projection=projection.name, reason=projection.reason)
        self._stopping.clear()
        # A daemon, so that a read store that hangs cannot keep a stopped process alive.
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Tell that this process's intake has committed; may be called from any thread, as often as wanted."""
        self._is_intake_at_work = True
        self._woken.set()

    def stop(self) -> None:
        """Finish the batch at work, let all leases go, and end the thread."""
        self._stopping.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join(_STOP_S_MAX)
            if self._thread.is_alive():
                return  # it hangs in a store; its leases end by themselves
            self._thread = None
        for release in [
            *(posting.release for posting in self._postings.values()),
            *(building.release for building in self._buildings.values()),
        ]:
            with suppress(DaybookError, SQLAlchemyError):  # else a lease ends by itself
                release()

    def _advance(self, cursor: Cursor, head: int, now_ns: int) -> bool:
        projection = self._versions.get(cursor.key[:2])
        if projection is None:
            return False
        # A build that was dropped and begun again is another one.
        identity = (cursor.key, cursor.begun_at_ns)
        if cursor.on_ready is not None and cursor.state != "held":
            building = self._buildings.get(identity)
            if building is None:
                building = Building(
                    cursor, projection, self._store, self._journal, self.holder, ticks_ns=self._ticks_ns
                )
                self._buildings[identity] = building
            return building.step(cursor)
        posting = self._postings.get(identity)
        if posting is None:
            lease = Lease(self._store, cursor.key, self.holder, self._ticks_ns)
            posting = self._postings[identity] = Posting(projection, self._store, self._reader, lease)
        return posting.advance(head, cursor, now_ns)

    def _forget_all_but(self, there: Collection[tuple[Key, int | None]]) -> None:
        """What was dropped, by whomever."""
        self._postings = {identity: one for identity, one in self._postings.items() if identity in there}
        self._buildings = {identity: one for identity, one in self._buildings.items() if identity in there}

    def _run(self) -> None:
        is_checked = False
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                if not is_checked:
                    self.check()
                    is_checked = True
                    threading.Thread(target=self._listen, name="listener", daemon=True).start()
                moved = self.run_once()
            except PoolingError as error:
                log.error("follower refuses", reason=str(error))  # noqa: TRY400  the trace tells no more
                return
            except Exception as error:  # noqa: BLE001  the thread outlives any trouble
                self._wait_out(error)
            else:
                self._trouble_s = 0.0
                self._pause(moved=moved, took_s=time.monotonic() - began)

    def _listen(self) -> None:
        """Other processes' commits; where nobody tells of them, or not now, they are seen when the poll comes."""
        while not self._stopping.is_set():
            try:
                self._store.listen(lambda _: self._woken.set(), self._stopping)
            except StoreUnavailableError:
                self._stopping.wait(_LISTEN_AGAIN_S)
            else:
                return

    def _pause(self, *, moved: bool, took_s: float) -> None:
        if not moved:
            self._woken.wait(POLL_S)
            self._woken.clear()
            self._is_intake_at_work = False
        elif self._is_intake_at_work:
            # The intake shares the interpreter: larger batches less often cost it less than small ones at once.
            self._is_intake_at_work = False
            self._stopping.wait(min(_PAUSE_S_MAX, max(_PAUSE_S_MIN, _SHARE_OF_INTAKE * took_s)))

    def _wait_out(self, error: Exception) -> None:
        self._trouble_s = min(_TROUBLE_S_MAX, max(_TROUBLE_S_MIN, self._trouble_s * 2))
        log.warning("projections wait", reason=reason_of(error), retry_after_s=self._trouble_s)
        self._stopping.wait(self._trouble_s)
