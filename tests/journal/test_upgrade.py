"""Embedded stores that older versions made are brought up to this one, and keep what they hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from daybook.domain.registration import Created
from daybook.journal import migrate, open_journal
from daybook.journal.sqlite import JOURNAL_FILE
from daybook.journal.store import SCHEMA_VERSION
from daybook.journal.vocabulary import FORMAT_LEVEL
from tests.engines import Engine
from tests.journal.conftest import registration

Booked = Callable[..., Created]
RELEASED = Path(__file__).parent / "released_schemas"


@pytest.fixture(params=range(1, SCHEMA_VERSION))
def old(request: pytest.FixtureRequest, folder: Path) -> Path:
    """A store as that version made it, with an event of the first format."""
    folder.mkdir()
    state = (Path(__file__).parent / "released_states" / "Registration.Created.v1.json").read_text()
    with closing(sqlite3.connect(folder / JOURNAL_FILE, isolation_level=None)) as connection:
        connection.executescript((RELEASED / f"sqlite_{request.param}.sql").read_text())
        connection.execute(
            "INSERT INTO events (originator_id, originator_version, topic, state, delivery_id, recorded_at_ns) "
            "VALUES (?, 1, 'daybook:Registration.Created', json_extract(?, '$.state'), zeroblob(16), 1)",
            (registration("1").bytes, state),
        )
    return folder


def schema_of(folder: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(folder / JOURNAL_FILE)) as connection:
        told = connection.execute(
            "SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%' ORDER BY type, name"
        ).fetchall()
        tables = [name for kind, name, _ in told if kind == "table"]
        return {
            "objects": told,
            "columns": {name: connection.execute(f"PRAGMA table_xinfo({name})").fetchall() for name in tables},
            "kinds": connection.execute("SELECT name, wr, strict FROM pragma_table_list ORDER BY name").fetchall(),
        }


def test_an_older_store_comes_to_the_schema_of_a_new_one_and_keeps_its_entries(
    old: Path, engine: Engine, tmp_path: Path, booked: Booked
) -> None:
    open_journal(f"sqlite:///{tmp_path / 'new'}").close()

    done = migrate(engine.url)

    assert (done.version, done.level_before, done.level) == (SCHEMA_VERSION, 1, FORMAT_LEVEL)
    assert done.version_before < SCHEMA_VERSION
    assert schema_of(old) == schema_of(tmp_path / "new")
    journal = engine.open()
    assert journal.journal_id == UUID("0e8a2b1c-4d5f-4a6b-8c7d-9e0f1a2b3c4d")
    journal.save(booked(version=2))
    assert [event.position for event in journal.stream(registration("1"))] == [1, 2]
    journal.close()


def test_an_upgrade_that_fails_leaves_the_store_as_it_was(old: Path, engine: Engine) -> None:
    before = schema_of(old)
    with closing(sqlite3.connect(old / JOURNAL_FILE, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE payload_types (in_the_way TEXT)")
        with pytest.raises(Exception, match="cannot be written"):
            engine.open()
        connection.execute("DROP TABLE payload_types")

    assert schema_of(old) == before
    engine.open().close()
