"""The README stays true: its commands exist, its settings are all there are, its projection works as printed."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click
from sqlalchemy import select

from daybook.cli import main
from daybook.domain.identity import Kind
from daybook.projecting.discovery import discover
from daybook.projecting.projection import StateProjection
from daybook.settings import Settings
from tests.bodies import booking
from tests.domain.conftest import Replay

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_the_two_commands_and_the_server_can_be_run() -> None:
    for command in re.findall(r"^\$ (scripts/\w+)", README, re.MULTILINE):
        assert os.access(ROOT / command, os.X_OK), command


def test_the_command_line_listing_names_every_command_and_no_other() -> None:
    (listing,) = re.findall(r"```text\n(daybook serve.*?)```", README, re.DOTALL)
    called = [line.removeprefix("daybook ").split("  ")[0] for line in listing.splitlines()]
    named = {name for words in called for name in re.findall(r"\b[a-z]+\b", words)}
    assert isinstance(main, click.Group)
    commands = set(main.list_commands(click.Context(main)))

    assert commands <= named
    arguments = {"registration", "appointment", "visit", "session", "center", "list", "show", "release"}
    assert named - commands <= arguments


def test_the_table_of_settings_names_every_setting_and_no_other() -> None:
    named = {name.lower() for name in re.findall(r"`DAYBOOK_([A-Z_]+)`", README)}

    assert named == set(Settings.model_fields)


def test_the_projection_in_it_is_discovered_and_gives_its_rows(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    folder = tmp_path / "waitlists"
    folder.mkdir()
    (folder / "__init__.py").write_text(code)

    projection = discover([tmp_path])["waitlists"]

    assert isinstance(projection, StateProjection)
    told = Replay()
    told.tell(booking("Created", 11, event_id="e1", at="2026-03-01T09:00:00Z", waitlist=True))
    rows = projection.rows[Kind.REGISTRATION](told.registration("11"))
    assert [(table.name, row) for table, row in rows] == [
        ("waitlists_v1", {"registration_id": "11", "session_id": "900"})
    ]
    assert select(projection.tables[0]).compile() is not None
