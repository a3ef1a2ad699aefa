"""`daybook serve` and `daybook follow` as processes, and that the command line says what the API says."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from daybook.bootstrap import Daybook
from daybook.projecting.read_store import ReadStore
from tests.bodies import booking, entry, progress
from tests.cli.conftest import Run
from tests.server.process import ServerProcess, wait_until

TOLD = (
    booking("Created", 43, event_id="a1", at="2026-03-01T10:00:00.1234567Z", waitlist=True, is_recurring=True),
    booking("Cancelled", 43, event_id="a3", at="2026-03-02T10:00:00Z"),
    booking("Approved", 43, event_id="a2", at="2026-03-01T11:00:00Z"),
    progress("Started", entry("x1", start_time_in_center="2026-03-02T09:00"), event_id="c1", at="2026-03-02T17:01:00Z"),
    progress("Completed", entry("x1"), event_id="c2", at="2026-03-02T18:01:00Z"),
)


def is_posted(read_store: ReadStore, position: int) -> bool:
    return all(status.position == position for status in read_store.status())


def test_a_follower_posts_what_was_imported_and_lets_go_when_it_is_stopped(
    run: Run, told: Callable[..., None], book: Daybook, start: Callable[..., subprocess.Popen[str]]
) -> None:
    told(*TOLD)
    process = start("daybook.cli", "follow")
    wait_until(lambda: is_posted(book.read_store, book.journal.head()), "the follower has posted everything")
    followed = json.loads(run("projections", "--json").stdout)

    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=30) == 0
    assert followed["head"] == 5
    assert {item["name"] for item in followed["items"]} == {"registrations", "appointments", "history"}
    assert all(item["leader"] and item["lag"] == {"events": 0, "seconds": 0.0} for item in followed["items"])
    assert not any(item["leader"] for item in json.loads(run("projections", "--json").stdout)["items"])
    assert "nobody" in run("projections").stdout


def test_the_command_line_tells_what_the_api_tells(run: Run, told: Callable[..., None], tmp_path: Path) -> None:
    told(*TOLD)
    server = ServerProcess(tmp_path / "data", env={"DAYBOOK_SOURCES": "{}"})
    server.start()
    try:
        for kind, subject_id in (("registration", "43"), ("appointment", "x1")):
            shown = json.loads(run("show", kind, subject_id, "--json").stdout)
            history = shown.pop("history")
            path = f"/v1/main/{kind}s/{subject_id}"

            assert shown == server.get(path, min_position=5)
            assert history == server.get(f"{path}/history")["items"]
            assert history == json.loads(run("history", kind, subject_id, "--json").stdout)["items"]
        assert json.loads(run("projections", "--json").stdout)["items"] == server.get("/ops/projections")["items"]
        assert run("doctor").exit_code == 0
    finally:
        assert server.terminate() == 0


def test_an_address_that_is_taken_is_said_in_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("DAYBOOK_PORT", str(port))

        result = run("serve")

    assert result.exit_code == 1
    assert f"cannot listen on 127.0.0.1, port {port}" in result.output
