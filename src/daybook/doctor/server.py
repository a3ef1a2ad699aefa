"""Whether the PostgreSQL under the journal keeps what it takes and has connections left, and its replica follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from daybook.doctor.clock import examine_clock
from daybook.doctor.finding import Finding, Level, size
from daybook.errors import DaybookError, StoreError
from daybook.journal.postgresql import condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daybook.bootstrap import Daybook
    from daybook.journal.postgresql import Condition

VERSION_MIN: Final = 140_000
CONNECTIONS_FREE_WARNING: Final = 10
REPLICA_BEHIND_WARNING: Final = 1_000
"""In events; a replica that is asked at once is always a few behind."""


def examine_server(daybook: Daybook) -> Iterator[Finding]:
    """Findings about the server, and about the replica where one is set."""
    try:
        now = condition(daybook.settings.database_url)
    except StoreError as error:
        yield Finding(Level.ALARM, "server", str(error), "see whether PostgreSQL runs and has connections left")
        return
    yield Finding(
        Level.FINE,
        "server",
        f"PostgreSQL {now.server_version}, journal {size(now.journal_bytes)}, read models {size(now.read_bytes)}",
    )
    yield from judge(now)
    yield from examine_clock(daybook.journal, now.now_ns)
    if daybook.settings.read_database_url is not None:
        yield _replica(daybook)


def judge(now: Condition) -> Iterator[Finding]:
    """What of a server's condition somebody must know."""
    if now.server_version_number < VERSION_MIN:
        yield Finding(
            Level.WARNING, "server", "is older than daybook is made for", "upgrade it to PostgreSQL 14 or newer"
        )
    if now.is_standby or now.is_read_only:
        yield Finding(
            Level.ALARM,
            "server",
            "takes no writes: it is a standby" if now.is_standby else "takes no writes: it is set to read only",
            "name the primary in DAYBOOK_DATABASE_URL: postgresql://user@first,second/daybook?target_session_attrs=primary",
        )
    if not now.is_flushing:
        yield Finding(
            Level.ALARM,
            "server",
            "does not flush to its disk: a crash would lose what was acknowledged",
            "set fsync and full_page_writes to on",
        )
    yield from _standby(now)
    if now.connections_free < CONNECTIONS_FREE_WARNING:
        level = Level.WARNING if now.connections_free > 0 else Level.ALARM
        used = f"{now.connections_used} of {now.connections_max} connections are used"
        yield Finding(level, "connections", used, "raise max_connections, or run fewer processes")


def _standby(now: Condition) -> Iterator[Finding]:
    if not now.synchronous_standby_names:
        yield Finding(
            Level.NOTE,
            "standby",
            "no commit waits for one: if this server's disk is lost, what was acknowledged last is lost too",
            "set synchronous_standby_names where losing nothing is worth a few milliseconds",
        )
    elif now.synchronous_standbys:
        yield Finding(Level.FINE, "standby", f"commits wait for {now.synchronous_standby_names}")
    else:
        yield Finding(
            Level.WARNING,
            "standby",
            f"commits wait for {now.synchronous_standby_names}, and none that this role can see is connected",
            "bring it back, or take it out of synchronous_standby_names; grant pg_monitor to see more",
        )


def _replica(daybook: Daybook) -> Finding:
    try:
        behind = daybook.journal.head() - daybook.reads.journal.head()
    except DaybookError as error:
        return Finding(Level.ALARM, "replica", str(error), "reads are answered 503: see whether it runs")
    if behind > REPLICA_BEHIND_WARNING:
        return Finding(Level.WARNING, "replica", f"{behind:,} events behind", "see whether it is overloaded or cut off")
    return Finding(Level.FINE, "replica", f"{max(behind, 0):,} events behind")
