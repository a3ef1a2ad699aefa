"""The one writer of a process: takes all that waits, commits it in one transaction, and answers (group commit)."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Condition, Thread
from typing import Final, TypeAlias

import structlog

from daybook.errors import CommitUnknownError, ConnectionLostError, QueueFullError, StoreUnavailableError
from daybook.intake.call import RETRY_AFTER_S, Answer, Refusal
from daybook.intake.entry import Entry, unstorable
from daybook.intake.observer import Observer
from daybook.intake.recording import Recorded, record
from daybook.intake.shapes import COUNT_EVERY_S, Shapes
from daybook.intake.tally import Tally
from daybook.journal import Journal

BATCH_DELIVERIES_MAX: Final = 256
BATCH_BYTES_MAX: Final = 32 * 1024 * 1024
QUEUE_DELIVERIES_MAX: Final = 4_096
QUEUE_BYTES_MAX: Final = 128 * 1024 * 1024
FLUSH_EVERY_S: Final = 1.0
RERUNS_MAX: Final = 3
RERUN_WITHIN_S: Final = 6.0
"""Nobody waits for an answer much longer."""

Settled: TypeAlias = Answer | Refusal
_log = structlog.get_logger(__name__)


class Waiting:
    """One entry in the queue, and whoever waits for its answer."""

    __slots__ = ("_loop", "entry", "future")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Settled] = self._loop.create_future()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """Where the future lives."""
        return self._loop

    def give_up(self) -> None:
        """The deadline came first; what the writer has not taken yet it will skip."""
        if not self.future.done():
            detail = "the delivery could not be stored in time; send it again"
            self.future.set_result(Refusal(503, "store_timeout", detail, RETRY_AFTER_S))


class Writer:
    """A bounded queue and the thread that empties it."""

    def __init__(self, journal: Journal, tally: Tally, observer: Observer, committed: Callable[[], None]) -> None:
        self._journal = journal
        self._tally = tally
        self._observer = observer
        self._committed = committed
        self._shapes = Shapes()
        self._queue: deque[Waiting] = deque()
        self._queue_bytes = 0
        self._changed = Condition()
        self._is_idle = False
        self._is_stopping = False
        self._flush_at_s = 0.0
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin to write."""
        if self._thread is None:
            self._is_stopping = False
            self._thread = Thread(target=self._run, name="daybook-writer", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Write what waits, then end. Blocks until that is done."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def submit(self, entry: Entry) -> Waiting:
        """Queue an entry; raises `QueueFullError` where the bound is reached or the writer does not run."""
        waiting = Waiting(entry)
        with self._changed:
            if self._is_stopping or self._thread is None:
                raise QueueFullError("daybook is stopping; send it again")
            body_bytes = len(entry.body)
            if len(self._queue) >= QUEUE_DELIVERIES_MAX or self._queue_bytes + body_bytes > QUEUE_BYTES_MAX:
                raise QueueFullError
            self._queue.append(waiting)
            self._queue_bytes += body_bytes
            if self._is_idle:
                self._is_idle = False
                self._changed.notify()
        return waiting

    def _run(self) -> None:
        while True:
            batch = self._take()
            if batch:
                self._settle(batch)
            self._flush()
            with self._changed:
                if self._is_stopping and not self._queue:
                    break
        self._flush_at_s = 0.0
        self._flush(is_last=True)

    def _take(self) -> list[Waiting]:
        with self._changed:
            if not self._queue and not self._is_stopping:
                self._is_idle = True
                self._changed.wait(FLUSH_EVERY_S)
                self._is_idle = False
            batch: list[Waiting] = []
            batch_bytes = 0
            while self._queue and len(batch) < BATCH_DELIVERIES_MAX and batch_bytes < BATCH_BYTES_MAX:
                waiting = self._queue.popleft()
                batch_bytes += len(waiting.entry.body)
                if not waiting.future.done():
                    batch.append(waiting)
            self._queue_bytes -= batch_bytes
            left = len(self._queue)
        self._observer.queued(left)
        return batch

    def _settle(self, batch: Sequence[Waiting]) -> None:
        settled = self._commit([waiting.entry for waiting in batch])
        loops: dict[asyncio.AbstractEventLoop, list[tuple[Waiting, Settled]]] = {}
        for waiting, answer in zip(batch, settled, strict=True):
            loops.setdefault(waiting.loop, []).append((waiting, answer))
        for loop, answered in loops.items():
            # The loop may have been closed meanwhile; then nobody waits any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_resolve, answered)

    def _commit(self, entries: Sequence[Entry]) -> list[Settled]:
        try:
            return [*self._record(entries)]
        except StoreUnavailableError as error:
            return [_unavailable(error)] * len(entries)
        except Exception as error:  # noqa: BLE001  one body must never fail the others, whatever it met
            if len(entries) == 1:
                return [self._isolate(entries[0], error)]
            _log.warning("batch_failed", deliveries=len(entries), error=type(error).__name__)
            return self._commit_one_by_one(entries)

    def _commit_one_by_one(self, entries: Sequence[Entry]) -> list[Settled]:
        settled: list[Settled] = []
        for entry in entries:
            settled += self._commit([entry])
            last = settled[-1]
            if isinstance(last, Refusal):
                # Each further one would wait as long for the same store.
                return settled + [last] * (len(entries) - len(settled))
        return settled

    def _isolate(self, culprit: Entry, error: Exception) -> Settled:
        _log.error("delivery_not_storable", delivery_id=str(culprit.delivery_id), error=type(error).__name__)
        try:
            return self._record([unstorable(culprit, error)])[0]
        except Exception as again:  # noqa: BLE001  nothing was stored, so nothing may be acknowledged
            return _unavailable(again)

    def _record(self, entries: Sequence[Entry]) -> list[Answer]:
        begun_s = time.perf_counter()
        recorded = self._written(entries)
        try:
            self._tell(entries, recorded, time.perf_counter() - begun_s)
        except Exception as error:  # noqa: BLE001  it is committed, so whoever only counts cannot fail it any more
            _log.error("observer_failed", error=type(error).__name__)
        return recorded.answers

    def _written(self, entries: Sequence[Entry]) -> Recorded:
        deadline_s = time.monotonic() + RERUN_WITHIN_S
        reruns = 0
        while True:
            try:
                with self._journal.transaction() as tx:
                    recorded = record(tx, entries, shapes=self._shapes, is_rerun=reruns > 0)
            except (CommitUnknownError, ConnectionLostError) as error:
                # Under the lock the outcome is decided: the rerun finds what was written, and writes what was not.
                self._shapes.forget(is_unknown=True)
                reruns += 1
                if reruns > RERUNS_MAX or time.monotonic() > deadline_s:
                    raise
                _log.warning("run_again", error=type(error).__name__, deliveries=len(entries), reruns=reruns)
            except BaseException:
                self._shapes.forget()
                raise
            else:
                self._shapes.settle()
                return recorded

    def _tell(self, entries: Sequence[Entry], recorded: Recorded, seconds: float) -> None:
        self._observer.committed(len(entries), recorded.events, seconds)
        self._observer.answered(
            Counter(
                (entry.provenance.source, answer.status)
                for entry, answer in zip(entries, recorded.answers, strict=True)
            )
        )
        for source, count in recorded.conflicts.items():
            self._observer.conflicted(source, count)
        if any(answer.status == "recorded" for answer in recorded.answers):
            self._committed()

    def _flush(self, *, is_last: bool = False) -> None:
        now_s = time.monotonic()
        # Under load they go with the deliveries.
        has_shapes = self._shapes.is_waiting(-COUNT_EVERY_S if is_last else COUNT_EVERY_S)
        if not (self._tally.is_pending or has_shapes) or now_s < self._flush_at_s:
            return
        self._flush_at_s = now_s + FLUSH_EVERY_S
        try:
            if has_shapes:
                self._shapes.flush(self._journal)
            if self._tally.is_pending:
                self._tally.flush(self._journal)
        except Exception as error:  # noqa: BLE001  counts may wait, deliveries may not
            _log.warning("counts_not_flushed", error=type(error).__name__)


def _resolve(answered: Sequence[tuple[Waiting, Settled]]) -> None:
    for waiting, answer in answered:
        if not waiting.future.done():
            waiting.future.set_result(answer)


def _unavailable(error: Exception) -> Refusal:
    known = isinstance(error, StoreUnavailableError)
    detail = str(error) if known else f"the delivery could not be stored ({type(error).__name__})"
    return Refusal(503, "store_unavailable", detail, RETRY_AFTER_S)
