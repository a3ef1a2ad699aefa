"""`daybook simulate`: the same stream from the same seed, as lines or to a server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from daybook.simulation import Disorder, Scenario, simulate
from tests.cli.conftest import Run
from tests.server.process import SECRET, ServerProcess


@pytest.fixture
def server(tmp_path: Path) -> ServerProcess:
    return ServerProcess(tmp_path / "served")


def test_lines_are_those_of_the_scenario(run: Run) -> None:
    disorder = Disorder(late=0.1, shuffled=0.2, repeated=0.1, malformed=0.1, bare=0.1)
    scenario = Scenario(seed=7, webhooks=200, centers=3, day=date(2026, 1, 5), disorder=disorder)

    result = run(
        *("simulate", "--webhooks", 200, "--seed", 7, "--centers", 3, "--day", "2026-01-05"),
        *("--late", 0.1, "--shuffled", 0.2, "--repeated", 0.1, "--malformed", 0.1, "--bare", 0.1),
    )

    assert result.stdout_bytes == b"".join(webhook.to_line() for webhook in simulate(scenario))


def test_its_lines_can_be_imported(run: Run) -> None:
    lines = run("simulate", "--webhooks", 50).stdout_bytes

    told = json.loads(run("import", "--json", "-", stdin=lines).stdout)

    assert sum(told.values()) == 50
    assert "quarantined" not in told


@pytest.mark.parametrize(
    "wrong", [["--secret", "s"], ["--late", "2"], ["--webhooks", "-1"], ["--centers", "9999"], ["--day", "monday"]]
)
def test_a_wrong_call_is_a_usage_error(run: Run, wrong: list[str]) -> None:
    assert run("simulate", *wrong).exit_code == 2


def test_nobody_at_the_url_is_told_in_words(run: Run, server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daybook.simulation.sender.RETRY_AFTER_S_DEFAULT", 0.01)

    result = run("simulate", "--webhooks", 3, "--to", f"{server.url}/webhooks/main")

    assert result.exit_code == 1
    assert "cannot send" in result.stderr.splitlines()[-1]


def test_answers_of_a_server_are_counted_and_refusals_fail(run: Run, server: ServerProcess) -> None:
    server.start()
    try:
        url = f"{server.url}/webhooks/main"
        taken = run("simulate", "--webhooks", 200, "--malformed", 0.1, "--to", url, "--secret", SECRET, "--json")
        again = run("simulate", "--webhooks", 200, "--malformed", 0.1, "--to", url, "--secret", SECRET, "--json")
        refused = run("simulate", "--webhooks", 3, "--to", url, "--secret", "another")
    finally:
        server.kill()

    assert taken.exit_code == 0
    assert sum(json.loads(taken.stdout).values()) == 200
    assert {"recorded", "quarantined"} <= json.loads(taken.stdout).keys()
    assert json.loads(again.stdout) == {"duplicate": 200}
    assert refused.exit_code == 1
    assert "3 with 401" in refused.stderr


def test_a_reader_that_has_enough_ends_it_quietly(start: Callable[..., subprocess.Popen[str]]) -> None:
    process = start("daybook.cli", "simulate", "--webhooks", 100_000)
    assert process.stdout is not None
    first = process.stdout.readline()

    process.stdout.close()

    assert json.loads(first)["event_type"] is None
    assert process.wait(timeout=30) == 1
