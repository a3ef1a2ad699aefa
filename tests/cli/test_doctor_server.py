"""What `daybook doctor` says of a PostgreSQL."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from daybook.doctor import Level
from daybook.doctor.server import judge
from daybook.journal.postgresql import Condition
from tests.cli.conftest import Run
from tests.engines import new_database

SOUND = Condition(
    server_version="18.1",
    server_version_number=180_001,
    is_standby=False,
    is_read_only=False,
    is_flushing=True,
    synchronous_commit="on",
    synchronous_standby_names="second",
    synchronous_standbys=1,
    connections_max=97,
    connections_used=9,
    journal_bytes=1024,
    read_bytes=1024,
    now_ns=0,
)


def test_of_a_sound_server_there_is_nothing_to_do() -> None:
    assert {found.level for found in judge(SOUND)} == {Level.FINE}


@pytest.mark.parametrize(
    ("condition", "level", "words"),
    [
        (replace(SOUND, is_standby=True), Level.ALARM, "it is a standby"),
        (replace(SOUND, is_read_only=True), Level.ALARM, "set to read only"),
        (replace(SOUND, is_flushing=False), Level.ALARM, "a crash would lose"),
        (replace(SOUND, connections_used=97), Level.ALARM, "97 of 97 connections"),
        (replace(SOUND, connections_used=90), Level.WARNING, "90 of 97 connections"),
        (replace(SOUND, synchronous_standbys=0), Level.WARNING, "none that this role can see"),
        (replace(SOUND, synchronous_standby_names="", synchronous_standbys=0), Level.NOTE, "no commit waits"),
        (replace(SOUND, server_version_number=130_000), Level.WARNING, "older than daybook"),
    ],
)
def test_what_would_lose_entries_or_runs_out_is_told(condition: Condition, level: Level, words: str) -> None:
    assert [found.level for found in judge(condition) if words in found.words] == [level]


def test_the_doctor_examines_a_real_server_and_shows_no_password(
    run: Run, postgresql_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_database(postgresql_server) as url:
        secret = url.replace("postgres@", "postgres:hush@", 1)
        monkeypatch.setenv("DAYBOOK_DATABASE_URL", secret)

        told = run("doctor", "--json")

    findings = [(item["about"], item["words"]) for item in json.loads(told.stdout)["findings"]]
    assert any(about == "server" and words.startswith("PostgreSQL 18") for about, words in findings)
    assert any(about == "store" and "takes writes" in words for about, words in findings)
    assert "hush" not in told.stdout + told.stderr
