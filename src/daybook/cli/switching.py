"""For choosing which build of a projection readers get: what it would change, the switch, the way back, the end."""

from __future__ import annotations

import rich_click as click

from daybook.cli.options import json_option, opened

_VERSION = click.option("--version", type=click.IntRange(1), metavar="N", help="Not needed for the newest.")
_BUILD = click.option("--build", type=click.IntRange(1), metavar="N", help="One filling of that version.")


@click.command()
@click.argument("name")
@_VERSION
@_BUILD
@json_option
def diff(*, name: str, version: int | None, build: int | None, as_json: bool) -> None:
    """What readers would see change: the build that is not live beside the live one, both at the same position."""
    from daybook.cli import difference
    from daybook.cli.console import console, print_json
    from daybook.projecting.difference import diff as compare
    from daybook.settings import Settings

    with opened(Settings.load()) as daybook:
        found = compare(daybook.read_store, daybook.journal, name, version, build)
        subjects = difference.subjects_of(daybook.read_store, found)
    if as_json:
        print_json(difference.as_json(found, subjects))
    else:
        difference.show(console(), found, subjects)


@click.command()
@click.argument("name")
@_VERSION
@_BUILD
def switch(*, name: str, version: int | None, build: int | None) -> None:
    """Let readers get the newer build that is ready, or the one that is named; never less than they have now."""
    from daybook.cli.filling import named, told_if_frozen
    from daybook.projecting import switching
    from daybook.settings import Settings

    with opened(Settings.load()) as daybook:
        now = switching.switch(daybook.read_store, name, version, build, journal=daybook.journal)
        click.echo(f"{named(now)} is live, at position {now.position:,}.")
        builds = daybook.read_store.builds(name)
        if any(one.is_previous and one.key < now.key and one.state != "frozen" for one in builds):
            click.echo(f"The way back: daybook projections rollback {name}")
        told_if_frozen(daybook.read_store, now)


@click.command()
@click.argument("name")
def rollback(*, name: str) -> None:
    """Let readers get the build again that was live before the last switch."""
    from daybook.cli.filling import named, told_if_frozen
    from daybook.projecting import switching
    from daybook.settings import Settings

    with opened(Settings.load()) as daybook:
        now = switching.rollback(daybook.read_store, name, journal=daybook.journal)
        click.echo(f"{named(now)} is live again, at position {now.position:,}.")
        told_if_frozen(daybook.read_store, now)


@click.command()
@click.argument("name")
@click.option("--version", type=click.IntRange(1), metavar="N", required=True, help="Whose tables go.")
@_BUILD
def drop(*, name: str, version: int, build: int | None) -> None:
    """Drop the tables of a version that readers do not get any more. It can be rebuilt as long as its code is there."""
    from daybook.cli.filling import named
    from daybook.projecting import switching
    from daybook.settings import Settings

    with opened(Settings.load()) as daybook:
        gone = switching.drop(daybook.read_store, name, version, build)
    for one in gone:
        click.echo(f"{named(one)} is dropped, with its tables.")
