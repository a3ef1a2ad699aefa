"""For filling a projection anew beside its live rows, and for mending the rows of one registration or appointment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from daybook.cli.options import chosen_source, opened, source_option
from daybook.errors import DaybookError

if TYPE_CHECKING:
    from daybook.bootstrap import Daybook
    from daybook.projecting.cursor import OnReady
    from daybook.projecting.projection import SoundProjection


@click.command()
@click.argument("name")
@click.option("--again", is_flag=True, help="Also where the declared version is live: its rows, computed anew.")
@click.option("--hold", is_flag=True, help="Stop before the switch, to look at `daybook projections diff NAME`.")
@click.option("--detach", is_flag=True, help="Only begin it; a running follower does the work.")
@click.option("--id", "subject_id", metavar="ID", help="Only mend, in place, the rows of this id.")
@source_option
def rebuild(*, name: str, again: bool, hold: bool, detach: bool, subject_id: str | None, source: str | None) -> None:
    """Fill the declared version of a projection beside the live one, let it catch up, then switch.

    Readers get the live rows until then, and a follower keeps those up. Ctrl-C or a kill loses nothing: the next
    `daybook rebuild NAME`, or a running follower, goes on behind the last batch.
    """
    from daybook.cli.filling import fill, named
    from daybook.projecting.lease import new_holder
    from daybook.projecting.rebuild import start_build
    from daybook.settings import Settings

    if subject_id is not None and not subject_id.strip():
        raise click.UsageError("--id needs an id.")
    if subject_id is not None and (again or hold or detach):
        raise click.UsageError("--id mends rows in place: it goes without --again, --hold and --detach.")
    if subject_id is None and source is not None:
        raise click.UsageError("--source goes with --id: a rebuild is of all sources.")
    settings = Settings.load()
    with opened(settings) as daybook:
        projection = _declared(daybook, name)
        if subject_id is not None:
            _mend(daybook, projection, chosen_source(settings, source), subject_id)
            return
        holder = None if detach else new_holder()
        on_ready: OnReady = "hold" if hold else "switch"
        build = start_build(
            daybook.read_store, daybook.journal, projection, again=again, on_ready=on_ready, holder=holder
        )
        if holder is None:
            click.echo(f"{named(build)} is left to the follower; `daybook projections` tells how far it is.")
        else:
            fill(daybook, projection, build, holder)


def _declared(daybook: Daybook, name: str) -> SoundProjection:
    if name not in daybook.projections:
        known = ", ".join(sorted(daybook.projections))
        raise DaybookError(f"nobody's code here has a projection {name}; there are {known}")
    return daybook.read_store.sound(name)


def _mend(daybook: Daybook, projection: SoundProjection, source: str, told_id: str) -> None:
    from daybook.domain.aggregates import AGGREGATES
    from daybook.domain.identity import normalize_id, stream_id
    from daybook.projecting.mending import rebuild_one

    subject_id = normalize_id(told_id)
    rows = rebuild_one(daybook.read_store, daybook.journal, projection, source, subject_id)
    journal, ids = daybook.journal, [stream_id(source, kind, subject_id) for kind in AGGREGATES]
    if not rows and not any(journal.streams(ids, journal.head()).values()):
        raise DaybookError(f"{source} has told nothing of an id {subject_id}: {projection.name} has no rows of it")
    click.echo(f"{projection.name}: {rows} {'row' if rows == 1 else 'rows'} of {subject_id} made anew.")
