"""For bringing the journal's schema up to this daybook before any of its servers starts."""

from __future__ import annotations

import rich_click as click


@click.command()
def migrate() -> None:
    """Create or upgrade the journal's schema, and end.

    Not needed: `serve` and `follow` do it when they start. Run before them, it keeps a long upgrade out of their start.
    """
    from daybook.journal import migrate as migrate_journal
    from daybook.settings import Settings

    settings = Settings.load()
    before, after = migrate_journal(settings.database_url)
    did = f"is at version {after}" if before == after else f"went from version {before} to {after}"
    click.echo(f"The journal's schema at {settings.store} {did}.")
