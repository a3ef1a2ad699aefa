"""What was refused, per webhook: counted in memory, brought to the store within seconds by the writer.

Twenty failures in a row deactivate a webhook, not a source, so the runs are kept per `(source, URL type, via)`. What
has never proved anything cannot fill the store: such webhooks share a bounded number of counts.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from daybook.intake.observer import Observer
from daybook.journal import Journal
from daybook.journal.rows import RefusalRow, TallyRow
from daybook.journal.store import Transaction, WebhookKey, WebhookMark

UNKNOWN_SOURCE: Final = "(unknown)"
"""No source can be named so."""
OTHER: Final = "other"
UNPROVEN_MAX: Final = 64
"""Webhooks of one source that never passed and still have a count of their own."""
PROVEN_MAX: Final = 1_024
"""Webhooks of one source that passed and have a count of their own."""
REFUSALS_MAX: Final = 1_000
"""Refused calls that are kept one by one."""
_PENDING_MAX: Final = 100
"""Of these, how many one flush brings."""
_TIMES_MAX: Final = 64
"""More than the twenty that matter."""
_LOCK_WAIT_S: Final = 0.5
"""A flush of counts never keeps deliveries waiting for long."""
_CLOCK_AHEAD_NS: Final = 60_000_000_000
"""A success further in the future was noted by a clock that was set back since, and hides no refusal."""


@dataclass(slots=True)
class _Run:
    refusals: int = 0
    times_ns: deque[int] = field(default_factory=lambda: deque(maxlen=_TIMES_MAX))
    last_status: int | None = None
    last_reason: str | None = None
    last_ping_ns: int | None = None
    last_unsigned_ns: int | None = None

    def absorb(self, newer: _Run) -> None:
        self.refusals += newer.refusals
        self.times_ns.extend(newer.times_ns)
        self.last_status = newer.last_status or self.last_status
        self.last_reason = newer.last_reason or self.last_reason
        self.last_ping_ns = newer.last_ping_ns or self.last_ping_ns
        self.last_unsigned_ns = newer.last_unsigned_ns or self.last_unsigned_ns

    def in_row(self, mark: WebhookMark | None, now_ns: int) -> int:
        """How many came after the last success; a success in another process counts too."""
        heard_ns = mark.last_heard_ns if mark and mark.last_heard_ns <= now_ns + _CLOCK_AHEAD_NS else 0
        after = sum(time_ns > heard_ns for time_ns in self.times_ns)
        return self.refusals if after == len(self.times_ns) else after


@dataclass(slots=True)
class _Counts:
    runs: dict[WebhookKey, _Run] = field(default_factory=dict)
    refusals: deque[RefusalRow] = field(default_factory=lambda: deque(maxlen=_PENDING_MAX))


class Tally:
    """Counts of one process since its last flush. Safe to call from any thread."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._lock = Lock()
        self._flushing = Lock()
        self._counts = _Counts()
        self._proven: set[WebhookKey] = set()

    @property
    def is_pending(self) -> bool:
        """Whether a flush would bring anything."""
        return bool(self._counts.runs)

    def refuse(
        self, webhook: WebhookKey, at_ns: int, *, http_status: int, reason: str, body_bytes: int, digest: bytes | None
    ) -> None:
        """One call that was not answered 200."""
        with self._lock:
            webhook = self._counted_as(webhook)
            run = self._counts.runs.setdefault(webhook, _Run())
            run.refusals += 1
            run.times_ns.append(at_ns)
            run.last_status, run.last_reason = http_status, reason
            self._counts.refusals.append(RefusalRow(at_ns, *webhook, http_status, reason, body_bytes, digest))
        self._observer.refused(webhook.source, http_status, reason)

    def ping(self, webhook: WebhookKey, at_ns: int) -> None:
        """The test button; anyone can press it, so it ends no run and opens no count."""
        with self._lock:
            if webhook in self._counts.runs or webhook in self._proven:
                self._counts.runs.setdefault(webhook, _Run()).last_ping_ns = at_ns

    def unsigned(self, webhook: WebhookKey, at_ns: int) -> None:
        """A wrong signature under observe: answered 200, yet it proves nothing."""
        with self._lock:
            self._counts.runs.setdefault(self._counted_as(webhook), _Run()).last_unsigned_ns = at_ns

    def proven(self, webhook: WebhookKey) -> WebhookKey:
        """The count that a webhook which passed goes by."""
        if webhook not in self._proven:
            with self._lock:
                if sum(other.source == webhook.source for other in self._proven) >= PROVEN_MAX:
                    return WebhookKey(webhook.source, OTHER, "")
                self._proven.add(webhook)
        return webhook

    def flush(self, journal: Journal) -> None:
        """Bring everything to the store; what cannot be brought is kept for the next time, and the error raised."""
        with self._flushing:
            with self._lock:
                taken, self._counts = self._counts, _Counts()
            try:
                with journal.transaction(_LOCK_WAIT_S) as tx:
                    in_row = self._write(tx, taken)
            except BaseException:
                self._restore(taken)
                raise
        for webhook, count in in_row.items():
            self._observer.refusals_in_row(*webhook, count)

    def _write(self, tx: Transaction, taken: _Counts) -> dict[WebhookKey, int]:
        marks = tx.webhooks()
        now_ns = tx.clock().now_ns
        with self._lock:
            self._proven |= {webhook for webhook, mark in marks.items() if mark.passed}
        rows = [_row(*counted, now_ns) for counted in _shared(taken.runs, marks)]
        tx.tally_webhooks(rows)
        if taken.refusals:
            tx.append(list(taken.refusals))
            tx.prune_refusals(REFUSALS_MAX)
        added = {WebhookKey(row.source, row.event_type, row.via): row.refusals_in_row for row in rows}
        return {
            webhook: mark.refusals_in_row + added[webhook]
            for webhook, mark in marks.items()
            if mark.passed and webhook in added
        }

    def _restore(self, taken: _Counts) -> None:
        with self._lock:
            newer, self._counts = self._counts, taken
            for webhook, run in newer.runs.items():
                taken.runs.setdefault(self._counted_as(webhook), _Run()).absorb(run)
            taken.refusals.extend(newer.refusals)

    def _counted_as(self, webhook: WebhookKey) -> WebhookKey:
        if webhook in self._counts.runs or webhook in self._proven:
            return webhook
        if webhook.source == UNKNOWN_SOURCE:
            return WebhookKey(UNKNOWN_SOURCE, "", "")
        unproven = sum(other.source == webhook.source and other not in self._proven for other in self._counts.runs)
        return webhook if unproven < UNPROVEN_MAX else WebhookKey(webhook.source, OTHER, "")


def _shared(
    runs: dict[WebhookKey, _Run], marks: dict[WebhookKey, WebhookMark]
) -> list[tuple[WebhookKey, _Run, WebhookMark | None]]:
    """The runs, with those that would be one too many in the store added to the shared one."""
    unproven = {webhook for webhook, mark in marks.items() if not mark.passed}
    shared: dict[WebhookKey, _Run] = {}
    for webhook, run in runs.items():
        counted = webhook
        if webhook not in marks:
            if sum(other.source == webhook.source for other in unproven) >= UNPROVEN_MAX:
                counted = WebhookKey(webhook.source, OTHER, "")
            unproven.add(counted)
        shared.setdefault(counted, _Run()).absorb(run)
    return [(webhook, run, marks.get(webhook)) for webhook, run in shared.items()]


def _row(webhook: WebhookKey, run: _Run, mark: WebhookMark | None, now_ns: int) -> TallyRow:
    return TallyRow(
        *webhook,
        refusals=run.refusals,
        refusals_in_row=run.in_row(mark, now_ns),
        last_refused_ns=run.times_ns[-1] if run.times_ns else None,
        last_refusal_status=run.last_status,
        last_refusal_reason=run.last_reason,
        last_ping_ns=run.last_ping_ns,
        last_unsigned_ns=run.last_unsigned_ns,
    )
