"""The live rows of a projection at one moment, with the code that made them: all that is asked of the read store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Table

from daybook.journal import Journal
from daybook.projecting.cursor import Cursor
from daybook.projecting.physical import physical_tables
from daybook.projecting.projection import Projection, SoundProjection, versions_of
from daybook.projecting.read_store import ReadStore


@dataclass(frozen=True, slots=True)
class Audit:
    """Which projection is compared with which journal."""

    journal: Journal
    read_store: ReadStore
    projections: Mapping[str, Projection]
    name: str
    is_journal_sound: bool
    """Where it is not, a rebuild would only copy what is wrong in it."""

    @property
    def where(self) -> str:
        """In words."""
        return f"projection {self.name}"

    @property
    def rebuild(self) -> str:
        """The command that makes all rows anew."""
        return f"daybook rebuild {self.name} --again"


@dataclass(frozen=True, slots=True)
class Ledger:
    """What readers get of a projection now."""

    connection: Connection
    cursor: Cursor
    code: SoundProjection | None
    """None where this process has no code for the live version."""
    tables: Mapping[Table, Table]
    """Where the rows of each of the code's tables are."""


@contextmanager
def opened(audit: Audit) -> Iterator[Ledger]:
    """One moment of this projection; raises `ProjectionError` where nothing of it is live."""
    with audit.read_store.snapshot(audit.name) as snapshot:
        cursor = snapshot.cursor
        code = versions_of(audit.projections[audit.name]).get(cursor.version)
        tables = physical_tables(code, cursor.build) if code else {}
        yield Ledger(snapshot.connection, cursor, code, tables)
