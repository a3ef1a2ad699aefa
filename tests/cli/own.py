"""A projection that somebody keeps outside of the package, and changes."""

from __future__ import annotations

from pathlib import Path

from daybook.bootstrap import bootstrap
from daybook.settings import Settings

TALLY = """
from sqlalchemy import Column, Text
from daybook.projecting.projection import LogProjection, log_table
from .words import word

TALLY = log_table("tally", {version}, Column("what", Text))

def rows(event):
    yield TALLY, {{"what": word(event)}}

projection = LogProjection(name="tally", version={version}, tables=(TALLY,), rows=rows)
"""
WORDS = "def word(event):\n    return event.type_name(){change}\n"


def put(folder: Path, version: int = 1, change: str = "") -> None:
    """A folder `tally` in this folder: the type of every event, with this change."""
    (folder / "tally").mkdir(parents=True, exist_ok=True)
    (folder / "tally" / "__init__.py").write_text(TALLY.format(version=version))
    (folder / "tally" / "words.py").write_text(WORDS.format(change=change))


def follow() -> None:
    """As a follower does that is started now, and stopped when everything is posted."""
    daybook = bootstrap(Settings.load())
    assert daybook.follower is not None
    while daybook.follower.run_once():
        pass
    daybook.close()


def rows() -> list[str]:
    """What readers of the projection get."""
    daybook = bootstrap(Settings.load(), follower=False)
    try:
        with daybook.read_store.snapshot("tally") as snapshot:
            found = snapshot.connection.execute(snapshot.table.select().order_by("position"))
            return [row.what for row in found]
    finally:
        daybook.close()
