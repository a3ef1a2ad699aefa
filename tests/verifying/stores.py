"""Stores that a verification looks at: a sound one with a bit of everything, and what a vandal does to a copy of it."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg

from daybook.intake import Answer, Call, Intake, SourceRules
from daybook.journal import Journal, open_journal
from daybook.journal.sqlite import JOURNAL_FILE, folder_of
from daybook.projecting.discovery import discover
from daybook.projecting.follower import Follower
from daybook.projecting.read_store import ReadStore
from daybook.projecting.sqlite import READ_FILE
from daybook.verifying import Damage, Note, Told, verify
from tests.bodies import booking, entry, enveloped, progress, progress_data, sent

SOURCE = "main"
FIRST_NS = 1_760_000_000_000_000_000
"""When the first delivery arrives; each comes a second later."""


class Book:
    """One store at work: told, posted and verified as daybook does it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.journal: Journal = open_journal(url)
        self.projections = discover()
        self.read_store = ReadStore(url, self.projections)
        self._arrivals = 0

    def tell(self, *bodies: Any, url_type: str | None = None) -> list[Answer]:  # noqa: ANN401  any body
        """What these deliveries are answered, one after the other."""
        return asyncio.run(self._tell(bodies, url_type))

    def release(self, answer: Answer, event_type: str) -> None:
        """A person says of which type a quarantined delivery is."""
        assert answer.status == "quarantined"
        assert answer.delivery_id is not None
        told = Intake(self.journal, {}).release(answer.delivery_id, source=SOURCE, event_type=event_type, by="cli")
        assert asyncio.run(told).status == "recorded"

    def post(self) -> None:
        """Post all that is told, as a follower does that is then stopped."""
        follower = Follower(self.journal, self.read_store, self.projections)
        while follower.run_once():
            pass
        follower.stop()

    def told(self, **how: Any) -> list[Told]:  # noqa: ANN401  any option
        """All that a verification tells."""
        return list(verify(self.journal, self.read_store, self.projections, **how))

    def damage(self, **how: Any) -> list[Damage]:  # noqa: ANN401  any option
        """What is wrong."""
        return [told for told in self.told(**how) if isinstance(told, Damage)]

    def codes(self, **how: Any) -> Counter[str]:  # noqa: ANN401  any option
        """How often each kind of damage is found."""
        return Counter(damage.code.value for damage in self.damage(**how))

    def notes(self) -> list[str]:
        """What is told of what is no damage."""
        return [f"{told.about}: {told.words}" for told in self.told() if isinstance(told, Note)]

    def close(self) -> None:
        """Let all files go."""
        self.read_store.close()
        self.journal.close()

    async def _tell(self, bodies: tuple[Any, ...], url_type: str | None) -> list[Answer]:
        intake = Intake(self.journal, {SOURCE: SourceRules()})
        intake.start()
        try:
            answers = [await intake.receive(self._call(body, url_type)) for body in bodies]
        finally:
            await intake.stop()
        assert all(isinstance(answer, Answer) for answer in answers), answers
        return [answer for answer in answers if isinstance(answer, Answer)]

    def _call(self, body: Any, url_type: str | None) -> Call:  # noqa: ANN401  any body
        self._arrivals += 1
        arrived_at_ns = FIRST_NS + self._arrivals * 1_000_000_000
        return Call(SOURCE, url_type, None, "POST", "/webhooks/main", "127.0.0.1", (), sent(body), arrived_at_ns)


@contextmanager
def opened(url: str) -> Iterator[Book]:
    """The store at this URL."""
    book = Book(url)
    try:
        yield book
    finally:
        book.close()


def fill(url: str) -> None:
    """A store in which everything is right: events of all kinds, and deliveries of all outcomes.

    Positions: 1 and 2 are of registration 1; 3 to 5 of one delivery, about 2 to 4; 6 of 2; 7 of 3; 8 and 9 of one
    delivery, about a1 and a2; 10 and 11 of one that was released, about a3 and a4; 12 and 13 of one, about a1 and a2.
    """
    with opened(url) as book:
        first = booking("Created", 1, event_id="e1", at="2026-01-01T10:00:00Z", waitlist=False)
        book.tell(
            first,
            booking("Approved", 1, event_id="e2", at="2026-01-01T11:00:00Z"),
            booking("Created", 2, event_id="e3", at="2026-01-02T10:00:00Z", recurrence_registration_ids=[3, 4]),
            booking("NoShow", 2, event_id="e4", at="2026-01-02T12:00:00Z"),
            booking("Cancelled", 3, event_id="e5", at="2026-01-02T09:00:00Z"),  # late
            first,  # a repeat
            enveloped("Guest.Created", {"id": "g"}, event_id="e6", at="2026-01-02T09:00:00Z"),  # kept
            b"no json",
            booking("Created", 9, event_id="e3", at="2026-01-02T09:00:00Z"),  # a conflict
            progress("Started", entry("a1"), entry("a2"), event_id="e7", at="2026-01-03T10:00:00Z"),
        )
        (untyped,) = book.tell(progress_data(entry("a3"), entry("a4")))
        book.release(untyped, "Appointment.Started")
        book.tell(progress("Completed", entry("a1"), entry("a2"), event_id="e8", at="2026-01-03T11:00:00Z"))
        book.post()


class Vandal(Protocol):
    """Changes a store that nobody has open, past all that protects it."""

    def run(self, statement: str, *values: object) -> list[Any]:
        """Give what the statement gives; tables of journal and read store are named alike, a value is `?`."""

    def unbind(self, table: str) -> None:
        """From now on the table takes whatever is put into it."""

    def state(self, position: int) -> str:
        """What an event holds."""

    def set_state(self, position: int, state: str) -> None:
        """… and what it is to hold."""


class SQLiteVandal:
    """With both files open."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / JOURNAL_FILE, isolation_level=None)
        self._connection.execute(f"ATTACH '{folder / READ_FILE}' AS read")
        for (name,) in self.run("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            self.run(f"DROP TRIGGER {name}")

    def run(self, statement: str, *values: object) -> list[Any]:
        return self._connection.execute(statement, values).fetchall()

    def unbind(self, table: str) -> None:
        home = "main" if self.run("SELECT 1 FROM main.sqlite_master WHERE name = ?", table) else "read"
        self.run(f"CREATE TABLE {home}.copy AS SELECT * FROM {table}")
        self.run(f"DROP TABLE {table}")
        self.run(f"ALTER TABLE {home}.copy RENAME TO {table}")

    def state(self, position: int) -> str:
        ((state,),) = self.run("SELECT state FROM events WHERE position = ?", position)
        return bytes(state).decode()

    def set_state(self, position: int, state: str) -> None:
        self.run("UPDATE events SET state = ? WHERE position = ?", state.encode(), position)

    def close(self) -> None:
        self._connection.close()


class PostgreSQLVandal:
    """As the owner of the database."""

    def __init__(self, url: str) -> None:
        options = "-csearch_path=journal,read -csession_replication_role=replica"  # no trigger fires
        self._connection = psycopg.connect(url, autocommit=True, options=options)

    def run(self, statement: str, *values: object) -> list[Any]:
        found = self._connection.execute(statement.replace("?", "%s").encode(), values)
        return found.fetchall() if found.description else []

    def unbind(self, table: str) -> None:
        named = self.run(
            "SELECT conname FROM pg_constraint WHERE conrelid = to_regclass(?) AND contype IN ('p', 'u')", table
        )
        for (name,) in named:
            self.run(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        indexes = self.run(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = to_regclass(?) AND indisunique", table
        )
        for (name,) in indexes:
            self.run(f"DROP INDEX {name}")

    def state(self, position: int) -> str:
        ((state,),) = self.run("SELECT state FROM events WHERE position = ?", position)
        return bytes(state).decode()

    def set_state(self, position: int, state: str) -> None:
        self.run("UPDATE events SET state = ? WHERE position = ?", state.encode(), position)

    def close(self) -> None:
        self._connection.close()


@contextmanager
def vandal(url: str) -> Iterator[Vandal]:
    """At work on the store at this URL, which nobody has open."""
    with closing(SQLiteVandal(folder_of(url)) if url.startswith("sqlite") else PostgreSQLVandal(url)) as at_work:
        yield at_work


@contextmanager
def copied(sound_url: str, folder: Path) -> Iterator[str]:
    """The URL of a copy, gone afterwards."""
    if sound_url.startswith("sqlite"):
        yield f"sqlite:///{shutil.copytree(folder_of(sound_url), folder / 'copy')}"
        return
    name, parts = f"daybook_test_{uuid4().hex[:12]}", urlsplit(sound_url)
    with psycopg.connect(parts._replace(path="/postgres").geturl(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{parts.path[1:]}"'.encode())
        with suppress(GeneratorExit):
            yield parts._replace(path=f"/{name}").geturl()
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
