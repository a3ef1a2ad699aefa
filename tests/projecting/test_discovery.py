"""Which projections there are."""

from __future__ import annotations

from pathlib import Path

import pytest

import daybook.projections
from daybook.errors import ProjectionError
from daybook.projecting.discovery import discover
from daybook.projecting.projection import BrokenProjection, LogProjection, StateProjection
from tests.bodies import booking
from tests.projecting.book import Book

TALLY = """
from sqlalchemy import Column, Text
from daybook.projecting.projection import LogProjection, log_table

TALLY = log_table("{table}", 1, Column("what", Text))

def rows(event):
    yield TALLY, {{"what": event.type_name()}}

projection = LogProjection(name="{name}", version=1, tables=(TALLY,), rows=rows)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One more place where projections are looked for."""
    monkeypatch.setattr(daybook.projections, "__path__", [*daybook.projections.__path__, str(tmp_path)])
    return tmp_path


def _write(folder: Path, name: str, text: str) -> None:
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(text)


def test_the_folders_of_the_checkout_are_found() -> None:
    found = discover()

    assert isinstance(found["registrations"], StateProjection)
    assert isinstance(found["appointments"], StateProjection)
    assert isinstance(found["history"], LogProjection)


def test_a_folder_that_is_added_later_is_found_and_filled_from_the_beginning(folder: Path, book: Book) -> None:
    book.tell(booking("Created", 1, event_id="e1", at="2026-01-01T10:00:00Z"))
    book.post()
    _write(folder, "added_tally", TALLY.format(table="added_tally", name="added_tally"))

    store = book.open_store(discover())
    book.post(store)

    assert [row["what"] for row in book.rows("added_tally", store)] == ["Registration.Created"]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        (
            "broken_raises",
            "secret = 'Ada Lovelace'\nraise ValueError(secret)",
            "ValueError at broken_raises/__init__.py:2",
        ),
        ("broken_empty", "", "no variable `projection`"),
        ("broken_name", TALLY.format(table="other", name="other"), "calls itself 'other'"),
        ("broken_table", TALLY.format(table="other", name="broken_table"), "must begin with that name"),
    ],
)
def test_a_broken_folder_is_shown_as_stopped_while_the_others_go_on(
    folder: Path, book: Book, name: str, text: str, reason: str
) -> None:
    _write(folder, name, text)
    book.tell(booking("Created", 1, event_id="e1", at="2026-01-01T10:00:00Z"))

    store = book.open_store(discover())
    book.post(store)

    assert isinstance(store.projections[name], BrokenProjection)
    with pytest.raises(ProjectionError, match="is stopped"), store.snapshot(name):
        pass
    status = book.status(name, store)
    assert status.state == "stopped"
    assert reason in str(status.stopped_reason)
    assert "Lovelace" not in str(status.stopped_reason)
    assert len(book.rows("registrations", store)) == 1


def test_a_folder_that_breaks_later_stops_where_it_was(book: Book) -> None:
    book.tell(booking("Created", 1, event_id="e1", at="2026-01-01T10:00:00Z"))
    book.post()

    broken = BrokenProjection("registrations", "it cannot be imported: SyntaxError")
    store = book.open_store({**discover(), "registrations": broken})
    book.tell(booking("Created", 2, event_id="e2", at="2026-01-01T10:00:00Z"))
    book.post(store)

    status = book.status("registrations", store)
    assert (status.state, status.position, status.stopped_reason) == ("stopped", 1, broken.reason)
    assert book.status("history", store).position == 2
