"""`daybook` itself: what it offers, and how it fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from daybook.cli import main
from tests.cli.conftest import Run

HEAVY = ("litestar", "sqlalchemy", "pydantic", "eventsourcing", "httpx", "uvicorn")


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_explains_itself(run: Run, command: str) -> None:
    result = run(command, "--help")

    assert result.exit_code == 0
    assert f"daybook {command}" in " ".join(result.stdout.split())


def test_help_answers_without_loading_what_only_single_commands_need() -> None:
    program = f"import sys; from daybook.cli import main; print([name for name in {HEAVY!r} if name in sys.modules])"

    loaded = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    )

    assert loaded.stdout.strip() == "[]"


def test_an_unknown_command_is_a_usage_error(run: Run) -> None:
    assert run("rebuildd").exit_code == 2


def test_a_failure_is_one_line_that_says_what_to_do(run: Run) -> None:
    result = run("show", "registration", "1")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert "there is no store at" in result.stderr
    assert "daybook serve" in result.stderr


def test_a_command_that_only_looks_leaves_no_empty_store_behind(run: Run, tmp_path: Path) -> None:
    for command in (["projections"], ["doctor"], ["quarantine", "list"], ["history", "registration", "1"]):
        assert run(*command).exit_code == 1

    assert not (tmp_path / "data").exists()


def test_a_wrong_setting_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_PORT", "a secret")

    result = run("projections")

    assert result.exit_code == 1
    assert "DAYBOOK_PORT" in result.stderr
    assert "a secret" not in result.stderr


def test_the_source_must_be_told_where_there_are_several(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_SOURCES", json.dumps({"north": {}, "south": {}}))

    assert run("quarantine", "list").exit_code == 2
    assert "north, south" in run("quarantine", "list").stderr
    assert run("quarantine", "list", "--source", "west").exit_code == 2


def test_nothing_starts_beyond_loopback_without_secrets_and_tokens(run: Run) -> None:
    result = run("serve", "--host", "0.0.0.0")

    assert result.exit_code == 1
    assert "DAYBOOK_SOURCES" in result.stderr
