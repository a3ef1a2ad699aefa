"""`daybook rebuild` and what is chosen with `daybook projections`, on a projection that somebody changes."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from daybook.bootstrap import bootstrap
from daybook.settings import Settings
from tests.bodies import booking
from tests.cli.conftest import Run
from tests.cli.own import follow, put, rows
from tests.engines import Engine
from tests.server.process import wait_until

SHOUTING = ".upper()"
WAITING = " if __import__('pathlib').Path('go').exists() or print('waits', flush=True) else word(event)"


@pytest.fixture(autouse=True)
def _followed(engine: Engine, own: Path, monkeypatch: pytest.MonkeyPatch, told: Callable[..., None]) -> None:
    """On a store of this engine, two events are told and posted to version 1."""
    monkeypatch.setenv("DAYBOOK_DATABASE_URL", engine.url)
    told(
        booking("Created", 1, event_id="e1", at="2026-01-01T10:00:00Z"),
        booking("Cancelled", 1, event_id="e2", at="2026-01-02T10:00:00Z"),
    )
    put(own)
    follow()


def tally(run: Run) -> dict[str, Any]:
    """The projection as it is listed."""
    items = json.loads(run("projections", "--json").stdout)["items"]
    (found,) = [item for item in items if item["name"] == "tally"]
    return dict(found)


def versions(run: Run) -> list[tuple[int, int, bool, str]]:
    return [(build["version"], build["build"], build["live"], build["state"]) for build in tally(run)["builds"]]


def test_a_raised_version_waits_until_it_is_rebuilt_and_is_then_live(run: Run, own: Path) -> None:
    put(own, version=2, change=SHOUTING)
    follow()
    before, listed = tally(run), run("projections").stdout

    rebuilt = run("rebuild", "tally")

    assert (before["declared"], before["live"], before["versions"]) == (2, 1, [1])
    assert "tally is declared as version 2 and served as version 1: daybook rebuild tally" in " ".join(listed.split())
    assert rebuilt.exit_code == 0, rebuilt.output
    assert "tally v2 is live at position 2" in rebuilt.stdout
    assert rows() == ["REGISTRATION.CREATED", "REGISTRATION.CANCELLED"]


def test_code_that_changed_under_its_version_stops_alone_and_names_the_command_that_mends_it(
    run: Run, own: Path, told: Callable[..., None]
) -> None:
    put(own, change=SHOUTING)
    told(booking("Deleted", 1, event_id="e3", at="2026-01-03T10:00:00Z"))
    follow()
    stopped, others = tally(run), json.loads(run("projections", "--json").stdout)["items"]
    served = rows()

    mended = run("rebuild", "tally", "--again")

    assert stopped["state"] == "stopped"
    assert "daybook rebuild tally --again" in stopped["stopped_reason"]
    assert {item["state"] for item in others if item["name"] != "tally"} == {"following"}
    assert served == ["Registration.Created", "Registration.Cancelled"]
    assert mended.exit_code == 0, mended.output
    assert len(rows()) == 3
    assert rows()[0] == "REGISTRATION.CREATED"


def test_what_is_held_can_be_looked_at_switched_to_left_again_and_dropped(run: Run, own: Path) -> None:
    put(own, version=2, change=SHOUTING)

    held = run("rebuild", "tally", "--hold")

    assert "tally v2 is ready and held at position 2" in held.stdout
    assert versions(run) == [(1, 1, True, "frozen"), (2, 1, False, "held")]
    assert "daybook projections diff tally" in run("projections").stdout
    assert rows()[0] == "Registration.Created"

    assert "tally v2 is live, at position 2" in run("projections", "switch", "tally").stdout
    assert rows()[0] == "REGISTRATION.CREATED"

    assert "tally v1 is live again, at position 2" in run("projections", "rollback", "tally").stdout
    assert rows()[0] == "Registration.Created"

    assert run("projections", "drop", "tally", "--version", 1).exit_code == 1
    assert run("projections", "switch", "tally", "--version", 2).exit_code == 0
    assert run("projections", "switch", "tally").exit_code == 1
    assert rows()[0] == "REGISTRATION.CREATED"
    assert "tally v1 is dropped" in run("projections", "drop", "tally", "--version", 1).stdout
    assert versions(run) == [(2, 1, True, "following")]


def test_who_switches_to_what_nobody_keeps_is_told_so(run: Run, own: Path) -> None:
    put(own, version=2, change=SHOUTING)

    alone = run("rebuild", "tally")
    following = bootstrap(Settings.load())
    assert following.follower is not None
    following.follower.start()
    back = run("projections", "rollback", "tally")
    forth = run("projections", "switch", "tally")
    following.close()

    assert "Nobody keeps tally v2 up to the journal" in alone.stderr
    assert "start a follower whose code has version 1" in back.stderr
    assert (alone.exit_code, back.exit_code, forth.exit_code, forth.stderr) == (0, 0, 0, "")


def test_a_host_with_old_code_is_told_to_get_the_new_one_and_not_to_rebuild(run: Run, own: Path) -> None:
    put(own, version=2, change=SHOUTING)
    run("rebuild", "tally")
    put(own)

    refused, listed = run("rebuild", "tally"), " ".join(run("projections").stdout.split())
    advised = " ".join(run("doctor").stdout.split())
    held = run("rebuild", "tally", "--hold")

    assert refused.exit_code == 1
    assert "version 2 of the projection tally is live, and the code here declares version 1" in refused.stderr
    for told in (listed, advised):
        assert "daybook rebuild tally" not in told
        assert "daybook projections rollback tally" in told
    assert "Then: daybook projections switch tally --version 1" in held.stdout
    assert rows()[0] == "REGISTRATION.CREATED"


def test_a_rebuild_is_not_done_twice_by_asking_twice(run: Run, own: Path) -> None:
    again, plain, held = (run("rebuild", "tally", *how) for how in (["--again"], [], ["--detach", "--hold"]))

    assert (again.exit_code, plain.exit_code, held.exit_code) == (0, 1, 1)
    assert versions(run) == [(1, 1, False, "following"), (1, 2, True, "following")]


def test_an_id_that_nothing_was_told_of_is_not_taken_for_one_that_was_mended(run: Run) -> None:
    unknown = run("rebuild", "registrations", "--id", "nobody")

    assert unknown.exit_code == 1
    assert "main has told nothing of an id nobody" in unknown.stderr


def test_what_is_detached_is_done_by_the_follower(run: Run, own: Path) -> None:
    put(own, version=2, change=SHOUTING)

    begun = run("rebuild", "tally", "--detach")
    waiting = versions(run)
    follow()

    assert "left to the follower" in begun.stdout
    assert waiting == [(1, 1, True, "frozen"), (2, 1, False, "building")]
    assert rows()[0] == "REGISTRATION.CREATED"


def test_ctrl_c_says_how_to_go_on_and_loses_nothing(
    run: Run, own: Path, tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    put(own, version=2, change=SHOUTING + WAITING)
    process = start("daybook.cli", "rebuild", "tally")
    printed = process.stdout
    assert printed is not None
    assert printed.readline() == "waits\n"

    process.send_signal(signal.SIGINT)
    wait_until(lambda: "finishing" in printed.readline(), "it has heard")
    (tmp_path / "go").touch()
    said = process.communicate(timeout=30)[0]

    assert process.returncode == 1
    assert "nothing is lost: `daybook rebuild tally`" in said
    assert tally(run)["live"] == 1
    assert run("rebuild", "tally").exit_code == 0
    assert rows() == ["REGISTRATION.CREATED", "REGISTRATION.CANCELLED"]


def test_the_rows_of_one_registration_are_mended_in_place(run: Run) -> None:
    daybook = bootstrap(Settings.load(), follower=False)
    with daybook.read_store.snapshot("registrations") as snapshot:
        table = snapshot.table
    with daybook.read_store.change() as connection:
        connection.execute(table.update().values(status="wrong"))

    mended = run("rebuild", "registrations", "--id", " 1 ")

    assert "1 row of 1" in mended.stdout
    with daybook.read_store.snapshot("registrations") as snapshot:
        assert [row.status for row in snapshot.connection.execute(table.select())] == ["cancelled"]
    daybook.close()


def test_what_cannot_be_rebuilt_is_said_in_one_line(run: Run) -> None:
    for arguments, reason in (
        (["rebuild", "nothing"], "there are appointments, history, registrations, tally"),
        (["rebuild", "tally"], "daybook rebuild tally --again"),
        (["projections", "switch", "tally"], "no such build"),
        (["projections", "rollback", "tally"], "no earlier build"),
        (["projections", "drop", "tally", "--version", "7"], "no such build"),
    ):
        told = run(*arguments)

        assert (told.exit_code, len(told.stderr.splitlines())) == (1, 1), arguments
        assert reason in told.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        ["rebuild"],
        ["rebuild", "tally", "--id", " "],
        ["rebuild", "tally", "--id", "1", "--again"],
        ["rebuild", "tally", "--source", "main"],
    ],
)
def test_a_wrong_call_is_a_usage_error(run: Run, wrong: list[str]) -> None:
    assert run(*wrong).exit_code == 2
