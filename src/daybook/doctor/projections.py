"""Whether the projections are up to date: somebody keeps them, none has stopped, none lags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from daybook.doctor.finding import Finding, Level
from daybook.errors import DaybookError
from daybook.projecting.status import lag_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daybook.bootstrap import Daybook
    from daybook.projecting.status import ProjectionStatus

LAG_S_WARNING: Final = 60.0
LAG_S_ALARM: Final = 600.0


def examine_projections(daybook: Daybook, now_ns: int) -> Iterator[Finding]:
    """One finding for each projection, and one where nobody keeps them."""
    try:
        statuses = daybook.read_store.status()
    except (DaybookError, SQLAlchemyError) as error:
        yield Finding(
            Level.ALARM,
            "read store",
            f"cannot be read ({type(error).__name__})",
            "it is disposable: stop daybook, delete read.db (on PostgreSQL the schema read), and start it again",
        )
        return
    stray = [status.name for status in statuses if status.leader is None and status.state == "following"]
    if stray:
        yield Finding(
            Level.ALARM,
            "follower",
            f"nobody keeps {', '.join(stray)} up to date",
            "start `daybook serve` or `daybook follow`; without a server webhooks are lost, too",
        )
    for status in statuses:
        yield _finding(daybook, status, now_ns)


def _finding(daybook: Daybook, status: ProjectionStatus, now_ns: int) -> Finding:
    about = f"projection {status.name}"
    lag = lag_of(daybook.journal, status.position, now_ns)
    behind = f"{lag.events:,} events and {lag.seconds:,.0f} seconds behind" if lag.events else "up to date"
    if status.state == "stopped":
        where = f" at position {status.stopped_at}" if status.stopped_at else ""
        return Finding(
            Level.ALARM,
            about,
            f"stopped{where}: {status.stopped_reason}; {behind}",
            "correct its code or update daybook, then restart; it goes on where it stopped, nothing is skipped",
        )
    if status.state == "frozen":
        return Finding(Level.WARNING, about, f"nobody's code follows its live version {status.live}; {behind}")
    level = Level.FINE
    if lag.seconds > LAG_S_WARNING:
        level = Level.ALARM if lag.seconds > LAG_S_ALARM else Level.WARNING
    remedy = "see whether its follower is busy or hangs: `daybook projections`" if level > Level.FINE else None
    return Finding(level, about, f"at position {status.position:,}, {behind}", remedy)
