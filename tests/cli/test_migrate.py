"""`daybook migrate` brings the journal's schema up, and can be repeated."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Run
from tests.engines import Engine


def test_a_store_is_made_once_and_then_left_as_it_is(run: Run, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_DATABASE_URL", engine.url)

    first, second = run("migrate"), run("migrate")

    assert first.exit_code == second.exit_code == 0
    assert "from version 0 to" in first.stdout
    assert "is at version" in second.stdout


def test_a_server_that_is_not_there_is_said_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_DATABASE_URL", "postgresql://someone:hush@127.0.0.1:1/nowhere")

    told = run("migrate")

    assert told.exit_code == 1
    assert told.stderr.startswith("daybook: ")
    assert "hush" not in told.output
