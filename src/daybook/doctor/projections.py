"""Whether the projections are up to date: somebody keeps them, none has stopped, none lags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from daybook.doctor.finding import Finding, Level
from daybook.errors import DaybookError
from daybook.projecting.projection import LogProjection, StateProjection
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


def _remedy(status: ProjectionStatus) -> str:
    """What a person does about a stop; a reason that names a command says it better."""
    if status.stopped_reason and "`daybook " in status.stopped_reason:
        return "the reason names the command; what was live is served meanwhile, and nothing is skipped"
    return "correct its code or update daybook, then restart; it goes on where it stopped, nothing is skipped"


def _towards(status: ProjectionStatus, declared: int) -> str:
    """What brings code and readers together again: never a rebuild of what is older than they have."""
    if status.live is not None and declared < status.live:
        return (
            f"what readers get is newer than the code here: deploy code that has version {status.live}, or go back with"
            f" `daybook projections rollback {status.name}`"
        )
    if declared in status.versions:
        return f"see how far it is: `daybook projections`; `daybook rebuild {status.name}` goes on and switches to it"
    return f"run `daybook rebuild {status.name}`: it fills version {declared} and switches to it"


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
            _remedy(status),
        )
    declared = daybook.projections.get(status.name)
    if status.state == "frozen":
        remedy = "its rows stay as they are; restore its code, or drop it: `daybook projections drop`"
        if isinstance(declared, StateProjection | LogProjection):
            remedy = _towards(status, declared.version)
        # Nothing will bring it up but a person.
        level = Level.ALARM if lag.seconds > LAG_S_ALARM else Level.WARNING
        return Finding(level, about, f"nobody's code follows its live version {status.live}; {behind}", remedy)
    level = Level.FINE
    if isinstance(declared, StateProjection | LogProjection) and declared.version not in {None, status.live}:
        words = f"the code declares version {declared.version}, live is {status.live}; {behind}"
        return Finding(Level.WARNING, about, words, _towards(status, declared.version))
    if lag.seconds > LAG_S_WARNING:
        level = Level.ALARM if lag.seconds > LAG_S_ALARM else Level.WARNING
    where = f"at position {status.position:,}, {behind}"
    hint = "see whether its follower is busy or hangs: `daybook projections`"
    return Finding(level, about, where, hint if level > Level.FINE else None)
