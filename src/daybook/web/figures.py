"""The figures for Prometheus that are ours: what the intake tells, and what the stores know when they are asked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from daybook.bootstrap import Daybook
from daybook.projecting.cursor import Key
from daybook.projecting.status import lag_of
from daybook.verifying import last_verification
from daybook.web.standing import STATES

_BATCH_BUCKETS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_SECONDS_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 7.5)
_SECOND_NS: Final = 1_000_000_000
_BUILD: Final = ("projection", "version", "build")
_WEBHOOK: Final = ("source", "event_type", "via")


class Figures:
    """The intake's observer. Labels are bounded: only sources that are set up, and webhooks that once passed."""

    def __init__(self) -> None:
        self._deliveries = Counter("daybook_deliveries", "Answered 200, by what became of it.", ["source", "outcome"])
        self._conflicts = Counter("daybook_conflicts", "Another content under an event_id that is known.", ["source"])
        self._refusals = Counter("daybook_refusals", "Calls not answered 200.", ["source", "status"])
        self._batch = Histogram("daybook_batch_deliveries", "Deliveries of one commit.", buckets=_BATCH_BUCKETS)
        self._events = Counter("daybook_events", "Events recorded by this process.")
        self._commit = Histogram(
            "daybook_commit_seconds", "From asking for the lock to the end of the commit.", buckets=_SECONDS_BUCKETS
        )
        self._queue = Gauge("daybook_queue_depth", "Deliveries that wait for the writer.", multiprocess_mode="livesum")
        self._lag = Gauge(
            "daybook_follower_lag_events",
            "Events that the journal holds and the projection does not.",
            ["projection"],
            multiprocess_mode="mostrecent",
        )
        self._build_lag = Gauge(
            "daybook_build_lag_events",
            "Events that the journal holds and this build of the projection does not.",
            _BUILD,
            multiprocess_mode="mostrecent",
        )
        self._build_state = Gauge(
            "daybook_build_state",
            "1 for the state that this build of the projection is in, 0 for the others.",
            [*_BUILD, "state"],
            multiprocess_mode="mostrecent",
        )
        self._builds: set[Key] = set()
        self._in_row = Gauge(
            "daybook_refusals_in_row",
            "Refusals since the last success of a webhook; twenty deactivate it.",
            _WEBHOOK,
            multiprocess_mode="mostrecent",
        )

        self._damage = Gauge(
            "daybook_verify_damage", "What the last `daybook verify` found damaged.", multiprocess_mode="mostrecent"
        )
        self._verified = Gauge(
            "daybook_verify_finished_seconds",
            "When the last `daybook verify` came to its end, in Unix time; 0 where none is known.",
            multiprocess_mode="mostrecent",
        )

    def answered(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Deliveries that were answered 200, by source and status."""
        for (source, status), count in counts.items():
            self._deliveries.labels(source, status).inc(count)

    def conflicted(self, source: str, count: int) -> None:
        """Deliveries that told another content under an id that is known."""
        self._conflicts.labels(source).inc(count)

    def committed(self, deliveries: int, events: int, seconds: float) -> None:
        """One transaction."""
        self._batch.observe(deliveries)
        self._events.inc(events)
        self._commit.observe(seconds)

    def queued(self, deliveries: int) -> None:
        """How many wait for the writer now."""
        self._queue.set(deliveries)

    def refused(self, source: str, http_status: int, reason: str) -> None:
        """One call that was not answered 200."""
        del reason  # the store keeps it; as a label it would multiply
        self._refusals.labels(source, str(http_status)).inc()

    def refusals_in_row(self, source: str, event_type: str, via: str, count: int) -> None:
        """The run of a webhook that once passed."""
        self._in_row.labels(source, event_type, via).set(count)

    def look(self, daybook: Daybook) -> None:
        """Ask the stores for what other processes changed too."""
        for status in daybook.read_store.status():
            self._lag.labels(status.name).set(lag_of(daybook.journal, status.position).events)
        self._look_at_builds(daybook)
        if (last := last_verification(daybook.read_store)) is not None:
            self._damage.set(last.damage)
            self._verified.set(last.finished_at_ns // _SECOND_NS)
        for webhook in daybook.journal.inbox.webhooks():
            if webhook.passed_at_ns is not None:
                self.refusals_in_row(
                    webhook.source, webhook.event_type or "", webhook.via or "", webhook.refusals_in_row
                )

    def _look_at_builds(self, daybook: Daybook) -> None:
        builds = {build.key: build for build in daybook.read_store.builds()}
        head = daybook.journal.head()
        # Where several processes serve, labels cannot be removed: a build that was dropped is in no state.
        self._builds = self._builds | builds.keys()
        for key in self._builds:
            build, (name, version, number) = builds.get(key), key
            self._build_lag.labels(name, version, number).set(max(0, head - build.position) if build else 0)
            for state in STATES:
                is_so = build is not None and build.state == state
                self._build_state.labels(name, version, number, state).set(is_so)


@cache
def figures() -> Figures:
    """The one set of figures of this process: Prometheus's registry is the process's too."""
    return Figures()
