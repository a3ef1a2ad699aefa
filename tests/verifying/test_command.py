"""`daybook verify`: what it says, what it exits with, and what it leaves for others to see."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from click.testing import CliRunner, Result

from daybook.cli.verify import verify
from daybook.verifying import Verification, keep, last_verification
from tests.bodies import booking
from tests.verifying.conftest import Plant
from tests.verifying.stores import Book, opened

Run: TypeAlias = Callable[..., Result]


@pytest.fixture
def run(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in [name for name in os.environ if name.startswith("DAYBOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAYBOOK_DATABASE_URL", url)

    def invoke(*arguments: str) -> Result:
        result = CliRunner().invoke(verify, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return invoke


def test_a_sound_store_exits_with_0_and_says_so(run: Run) -> None:
    result = run()

    assert result.exit_code == 0
    assert "Sound: every event was applied exactly once." in " ".join(result.output.split())


def test_nobody_is_told_that_all_was_applied_while_a_projection_is_behind(
    run: Run, vandalize: Callable[[Plant], None], url: str
) -> None:
    with opened(url) as book:
        book.tell(booking("Approved", 2, event_id="e20", at="2026-01-04T10:00:00Z"))
    # As one that was just added, and one that no code is there for.
    vandalize(lambda vandal: vandal.run("DELETE FROM history_v2"))
    vandalize(lambda vandal: vandal.run("UPDATE cursors SET position = 0 WHERE name = 'history'"))

    for arguments in ((), ("--sample", "5")):
        result = run(*arguments)

        told = " ".join(result.output.split())
        assert result.exit_code == 0
        assert "Sound" not in told
        assert "not all is proved" in told
        assert "projection registrations up to position 13 only" in told
        assert "projection history not at all" in told


def test_damage_exits_with_1_and_is_told_with_what_mends_it(run: Run, vandalize: Callable[[Plant], None]) -> None:
    vandalize(lambda vandal: vandal.run("UPDATE registrations_v2 SET status = 'deleted' WHERE registration_id = '1'"))

    result = run()

    assert result.exit_code == 1
    told = " ".join(result.output.split())
    assert "main/registration/1" in told
    assert "row_changed → daybook rebuild registrations --id 1 --source main" in told


def test_all_damage_is_counted_and_a_part_of_it_shown(run: Run, vandalize: Callable[[Plant], None]) -> None:
    def plant(vandal: object) -> None:
        vandal.run("CREATE TABLE extra AS SELECT * FROM history_v2 WHERE position = 1")  # type: ignore[attr-defined]
        for position in range(100, 130):
            vandal.run("UPDATE extra SET position = ?", position)  # type: ignore[attr-defined]
            vandal.run("INSERT INTO history_v2 SELECT * FROM extra")  # type: ignore[attr-defined]

    vandalize(plant)

    result = run("--json")

    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["damage"] == 30
    assert told["codes"] == {"row_extra": 30}
    assert len(told["items"]) == 20
    assert set(told["items"][0]) == {"code", "where", "words", "remedy"}


def test_a_sample_is_said_to_be_one(run: Run) -> None:
    result = run("--sample", "5")

    assert result.exit_code == 0
    assert "in a sample of 5" in result.output


def test_the_last_result_is_kept_for_the_figures(run: Run, url: str, vandalize: Callable[[Plant], None]) -> None:
    vandalize(lambda vandal: vandal.run("DELETE FROM registrations_v2 WHERE registration_id = '1'"))
    run()
    run("--sample", "1000")

    with opened(url) as book:
        last = last_verification(book.read_store)

    assert last is not None
    assert (last.damage, last.codes, last.sample) == (last.damage, {"row_lost": last.damage}, 1000)
    assert last.damage >= 1


def test_without_a_verification_there_is_no_last_one(book: Book) -> None:
    assert last_verification(book.read_store) is None

    kept = Verification(finished_at_ns=1, damage=2, codes={"row_lost": 2}, sample=None)
    keep(book.read_store, kept)

    assert last_verification(book.read_store) == kept
