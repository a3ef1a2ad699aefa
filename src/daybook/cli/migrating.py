"""For bringing the journal up to this daybook: its schema, and what may be written to it."""

from __future__ import annotations

import rich_click as click


@click.command()
def migrate() -> None:
    """Create or upgrade the journal's schema, let newer events be written, and end.

    `serve` and `follow` upgrade the schema when they start. New types and versions of events are another thing on
    PostgreSQL: run this once no older process is left, since from then on they are written, and older processes cannot
    read them.
    """
    from daybook.journal import migrate as migrate_journal
    from daybook.settings import Settings

    settings = Settings.load()
    done = migrate_journal(settings.database_url)
    click.echo(f"The journal's schema at {settings.store} {_moved(done.version_before, done.version)}.")
    click.echo(f"Its format, which says what events it takes, {_moved(done.level_before, done.level)}.")


def _moved(before: int, after: int) -> str:
    return f"is at version {after}" if before == after else f"went from version {before} to {after}"
